package products_test

import (
	"testing"

	"mercato/shared/event"
	"mercato/shared/products"
)

func TestRelease(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 3, 10)
	place, cancel := s.hands(t)
	apply(t, place, []event.OrderPlaced{order(1, p[1], 3, p[0], 2), order(2, p[0], 1, p[2], 4), order(3, p[1], 8), order(4, p[0], 1)})
	for range 2 {
		apply(t, cancel, []event.OrderCancelled{cancellation(2), cancellation(3), cancellation(1), cancellation(1), cancellation(77)})
	}
	if s.left(t, p[0]) != 9 || s.left(t, p[1]) != 10 || s.left(t, p[2]) != 10 {
		t.Errorf("left %d, %d, %d, want 9, 10, 10", s.left(t, p[0]), s.left(t, p[1]), s.left(t, p[2]))
	}
	if n := s.count(t, `SELECT count(*) FROM products.stock_ledger l WHERE l.kind = 'release'`); n != 4 {
		t.Errorf("%d rows of release, want the 4 lines of orders 1 and 2", n)
	}
	if n := s.count(t, `SELECT p.version FROM products.products p WHERE p.id = $1`, p[2]); n != 3 {
		t.Errorf("version %d after a sale and its return, want 3: an edit with an older one undoes neither", n)
	}
	told := s.count(t, `SELECT count(DISTINCT o.fields ->> 'order_id') FROM products.outbox o WHERE o.fields ->> 'status' = 'RELEASED'
		AND o.fields ->> 'order_id' IN ('1', '2', '77')`)
	if n := s.count(t, `SELECT count(*) FROM products.outbox o WHERE o.fields ->> 'status' = 'RELEASED'`); told != 3 || n != 3 {
		t.Errorf("%d answers tell %d of the orders that hold nothing any more, want one for each of 3", n, told)
	}
	apply(t, place, []event.OrderPlaced{order(77, p[0], 1), order(1, p[0], 1)})
	if len(s.answers(t)) != 4 || s.left(t, p[0]) != 9 {
		t.Errorf("%d answers with %d left: an order that was taken back before it came takes nothing", len(s.answers(t)), s.left(t, p[0]))
	}
	s.consistent(t)
}

// Every cancellation is confirmed, whether or not there was something to give back, and a repetition changes nothing.
func TestReleaseIsConfirmed(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	place, cancel := s.hands(t)
	apply(t, place, []event.OrderPlaced{order(1, p[0], 1), order(2, p[0], 99)})
	all := []event.OrderCancelled{cancellation(1), cancellation(1), cancellation(2), cancellation(3), cancellation(3)}
	apply(t, cancel, all)
	for _, c := range all {
		if n := s.count(t, `SELECT count(*) FROM products.confirmed c WHERE c.event_id = $1`, c.ID); n != 1 {
			t.Errorf("the cancellation of order %d is confirmed %d times", c.OrderID, n)
		}
	}
	before := s.snapshot(t)
	apply(t, cancel, all, all[2:])
	if s.snapshot(t) != before {
		t.Error("a repetition changed something")
	}
	s.consistent(t)
}

// What comes back belongs to the ledger of a product that is no longer for sale, too, and may be more than a seller
// may set: he can edit the rest of it all the same.
func TestReleaseBeyondTheListing(t *testing.T) {
	t.Parallel()
	s := open(t)
	p, gone := s.list(t, "anna", "Lamp", "9.99", 10), s.list(t, "anna", "Desk", "9.99", 10)
	place, cancel := s.hands(t)
	apply(t, place, []event.OrderPlaced{order(1, p.ID, 10, gone.ID, 10)})
	s.do(t, products.Update, "anna", at(p), map[string]any{"quantity": products.MaxQuantity})
	s.do(t, products.Delete, "anna", at(gone), nil)
	apply(t, cancel, []event.OrderCancelled{cancellation(1)})
	if s.left(t, p.ID) != products.MaxQuantity+10 || s.left(t, gone.ID) != 10 {
		t.Errorf("%d and %d left", s.left(t, p.ID), s.left(t, gone.ID))
	}
	if a := s.do(t, products.Update, "anna", at(p), map[string]any{"name": "Lantern"}); a.Status != 200 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	if a := s.do(t, products.Update, "anna", at(p), map[string]any{"quantity": products.MaxQuantity + 1}); a.Status != 422 {
		t.Errorf("got %d %s, want 422", a.Status, a.Body)
	}
	s.consistent(t)
}

func TestValidCancellation(t *testing.T) {
	t.Parallel()
	valid := products.Consume.Reads[1].Valid
	if err := valid(entryOf(event.CancellationsStream, map[string]string{"order_id": "7"})); err != nil {
		t.Error(err)
	}
	for _, bad := range []map[string]string{{}, {"order_id": "0"}, {"order_id": "x"}, {"order_id": "1", "event_id": "x"}} {
		if valid(entryOf(event.CancellationsStream, bad)) == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// What is forged straight into the stream takes stock like an order, for nothing tells it from one; the cancellation
// that orders sends when the answer fits no order brings all of it back.
func TestForged(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 2, 10)
	place, cancel := s.hands(t)
	more := order(1, p[0], 5) // the order holds 2 of it
	foreign := order(2, p[1], 1)
	unknown := order(999_999, p[0], 3, p[1], 3)
	apply(t, place, []event.OrderPlaced{more, foreign, unknown}, []event.OrderPlaced{order(1, p[0], 2), order(2, p[0], 1)})
	got := s.answers(t)
	if got[1].Lines == event.Digest(order(1, p[0], 2).Lines) || got[1].Lines != event.Digest(more.Lines) || got[2].Lines != event.Digest(foreign.Lines) {
		t.Errorf("the answers do not say what was taken: %v", got)
	}
	for _, negative := range []int64{0, -5} {
		if place(t.Context(), order(3, p[0], negative)) == nil {
			t.Errorf("an order of %d is taken", negative)
		}
	}
	apply(t, cancel, []event.OrderCancelled{cancellation(1), cancellation(2), cancellation(999_999)})
	if s.left(t, p[0]) != 10 || s.left(t, p[1]) != 10 {
		t.Errorf("%d and %d left of 10", s.left(t, p[0]), s.left(t, p[1]))
	}
	s.consistent(t)
}
