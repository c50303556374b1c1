package products_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"testing"

	"mercato/shared/event"
	"mercato/shared/platform/seal"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/streamtest"
	"mercato/shared/products"
)

// answers returns the decisions that the outbox has for orders, by order id.
func (s *shop) answers(t testing.TB) map[int64]event.OrderDecided {
	t.Helper()
	rows, err := s.DB.Query(t.Context(), `SELECT o.event_id::text, o.fields FROM products.outbox o WHERE o.stream = 'inventory_stream'
		AND o.fields ->> 'status' <> 'RELEASED'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[int64]event.OrderDecided{}
	for rows.Next() {
		var id string
		var fields map[string]string
		if err := rows.Scan(&id, &fields); err != nil {
			t.Fatal(err)
		}
		e, err := event.ParseOrderDecided(fields)
		if err != nil || e.ID != id {
			t.Fatalf("%s: %v: %v", id, fields, err)
		}
		if _, twice := found[e.OrderID]; twice {
			t.Errorf("order %d was answered twice", e.OrderID)
		}
		found[e.OrderID] = e
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return found
}

// entryOf is an entry as it is read.
func entryOf(name string, fields map[string]string) stream.Entry {
	return stream.Entry{ID: "1-0", Stream: name, Fields: fields}
}

// says writes an answer in short: COMPLETED or the reason.
func says(e event.OrderDecided) string {
	if e.Status == event.Completed {
		return e.Status
	}
	return e.Reason
}

// apply applies batches one after the other.
func apply[E any](t testing.TB, worker func(context.Context, ...E) error, batches ...[]E) {
	t.Helper()
	for _, b := range batches {
		if err := worker(t.Context(), b...); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *shop) left(t testing.TB, id int64) int {
	t.Helper()
	return s.count(t, `SELECT p.quantity FROM products.products p WHERE p.id = $1`, id)
}

func TestReserve(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 3, 10)
	if a := s.do(t, products.Delete, "anna", fmt.Sprintf("/api/products/%d", p[2]), nil); a.Status != 200 {
		t.Fatalf("archiving: %d %s", a.Status, a.Body)
	}
	cheap := order(4, p[0], 1)
	cheap.Lines[0].Price = "9.98"
	bare := order(7, p[1], 1)
	bare.Lines[0].Price = ""
	first := order(1, p[1], 3, p[0], 2)
	first.Traceparent = "00-trace"
	apply(t, s.worker(t), []event.OrderPlaced{
		first, order(2, p[0], 9), order(3, p[0], 1, p[1], 8), cheap, order(5, p[2], 1, p[0], 1), bare,
	})
	now := func(id int64, version, available int) event.ProductNow {
		return event.ProductNow{ProductID: id, Price: "9.99", Version: version, Available: available}
	}
	got := s.answers(t)
	for id, want := range map[int64]struct {
		says    string
		changes []event.ProductNow
	}{
		1: {event.Completed, []event.ProductNow{}},
		2: {event.OutOfStock, []event.ProductNow{now(p[0], 1, 8)}},
		3: {event.OutOfStock, []event.ProductNow{now(p[1], 1, 7)}},
		4: {event.PriceChanged, []event.ProductNow{now(p[0], 1, 8)}},
		5: {event.ProductGone, []event.ProductNow{now(p[2], 2, 0)}},
		7: {event.Completed, []event.ProductNow{}},
	} {
		if says(got[id]) != want.says || !reflect.DeepEqual(got[id].Changes, want.changes) {
			t.Errorf("order %d: got %s %v, want %s %v", id, says(got[id]), got[id].Changes, want.says, want.changes)
		}
	}
	if s.left(t, p[0]) != 8 || s.left(t, p[1]) != 6 || s.left(t, p[2]) != 10 {
		t.Errorf("left %d, %d, %d", s.left(t, p[0]), s.left(t, p[1]), s.left(t, p[2]))
	}
	if n := s.count(t, `SELECT count(*) FROM products.products p WHERE p.version = 2 AND p.id <> $1`, p[2]); n != 2 {
		t.Errorf("%d of 2 versions were raised: a seller who saw the stock before the sale must get a 412", n)
	}
	if got[1].Lines != event.Digest(first.Lines) || got[7].Lines != event.Digest(bare.Lines) || got[4].Lines != event.Digest(cheap.Lines) {
		t.Errorf("digests %q, %q and %q: an answer says what was decided", got[1].Lines, got[7].Lines, got[4].Lines)
	}
	a := got[1]
	if a.InReplyTo != first.ID || a.CorrelationID != "c-1" || a.Traceparent != "00-trace" || a.UserID != 7 || a.OccurredAt.IsZero() || seal.Broken(event.InventoryStream, a.Fields()) {
		t.Errorf("envelope %+v", a)
	}
	s.consistent(t)
}

// What is published is what the outbox holds, in the order of the decisions.
func TestReservePublishes(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 1)
	apply(t, s.worker(t), []event.OrderPlaced{order(3, p[0], 1), order(1, p[0], 1), order(2, p[0], 1)})
	stored := s.answers(t)
	entries := streamtest.Entries(t, s.Redis, event.InventoryStream)
	for i, id := range []int64{3, 1, 2} {
		fields := map[string]string{}
		for name, value := range entries[i] {
			fields[name], _ = value.(string)
		}
		if !maps.Equal(fields, stored[id].Fields()) {
			t.Errorf("entry %d: got %v, want %v", i, fields, stored[id].Fields())
		}
	}
	if len(entries) != 3 || says(stored[3]) != event.Completed || says(stored[1]) != event.OutOfStock {
		t.Errorf("%d entries; order 3 %s, order 1 %s", len(entries), says(stored[3]), says(stored[1]))
	}
}

// An entry as the documented contract has it, with no more than its two fields.
func TestReserveBareEntry(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 5)
	service, reads := products.Consume.Open(s.Env(t)), products.Consume.Reads[0]
	bare := stream.Entry{Stream: event.OrdersStream, Fields: map[string]string{
		"order_id": "12", "products": fmt.Sprintf(`[{"product_id":%d,"price":"9.99","quantity":2}]`, p[0]),
	}}
	for range 2 {
		if err := reads.Valid(bare); err != nil {
			t.Fatal(err)
		}
		if err := reads.Apply(service, t.Context(), []stream.Entry{bare, bare}); err != nil {
			t.Fatal(err)
		}
	}
	a := s.answers(t)[12]
	if a.Status != event.Completed || a.InReplyTo != event.DerivedID(event.OrdersStream, "12") || s.left(t, p[0]) != 3 {
		t.Errorf("got %+v with %d left", a, s.left(t, p[0]))
	}
	s.consistent(t)
}

func TestValidOrder(t *testing.T) {
	t.Parallel()
	valid := products.Consume.Reads[0].Valid
	entry := func(products string) stream.Entry {
		return stream.Entry{Fields: map[string]string{"order_id": "1", "products": products}}
	}
	for _, good := range []string{`[{"product_id":1,"price":"9.99","quantity":1}]`, `[{"product_id":1,"quantity":1000}]`} {
		if err := valid(entry(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		``, `[]`, `{}`, `[{"product_id":0,"quantity":1}]`, `[{"product_id":1,"quantity":0}]`, `[{"product_id":1,"quantity":1001}]`,
		`[{"product_id":1,"quantity":1},{"product_id":1,"quantity":1}]`, `[{"product_id":1,"price":"much","quantity":1}]`,
		`[{"product_id":1,"price":"9.99","quantity":1},{"product_id":2,"price":"1e3","quantity":1}]`, `[{"product_id":1,"price":9.99,"quantity":1}]`,
	} {
		if valid(entry(bad)) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestReserveAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 2, 10)
	worker := s.worker(t)
	one, two := order(1, p[0], 1), order(2, p[1], 2)
	renamed, other := order(1, p[0], 1), order(2, p[0], 5) // the same orders in events of other names
	apply(t, worker, []event.OrderPlaced{one, two, one, renamed})
	if s.left(t, p[0]) != 9 || s.left(t, p[1]) != 8 {
		t.Errorf("left %d and %d, want 9 and 8", s.left(t, p[0]), s.left(t, p[1]))
	}
	before, decided := s.snapshot(t), len(streamtest.Entries(t, s.Redis, event.InventoryStream))
	apply(t, worker, []event.OrderPlaced{one, two, one, renamed}, []event.OrderPlaced{two}, []event.OrderPlaced{renamed}) // the acknowledgement was lost
	if s.snapshot(t) != before {
		t.Error("a repetition changed something")
	}
	apply(t, worker, []event.OrderPlaced{other, one, order(3, p[1], 1)})
	if len(streamtest.Entries(t, s.Redis, event.InventoryStream)) != decided+1 {
		t.Error("a repetition was answered")
	}
	for _, e := range []event.OrderPlaced{one, two, renamed, other} {
		if s.count(t, `SELECT count(*) FROM products.confirmed c WHERE c.event_id = $1`, e.ID) != 1 {
			t.Errorf("event %s of order %d is not confirmed exactly once", e.ID, e.OrderID)
		}
	}
	if n := s.count(t, `SELECT count(*) FROM products.inbox`); n != 2 || s.left(t, p[0]) != 9 || s.left(t, p[1]) != 7 {
		t.Errorf("%d in the inbox; left %d and %d", n, s.left(t, p[0]), s.left(t, p[1]))
	}
	s.consistent(t)
}

// The order is what is claimed: two orders under one event id are decided both, each once.
func TestReserveBorrowedEvent(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	one, borrowed, inBatch := order(1, p[0], 1), order(2, p[0], 1), order(4, p[0], 1)
	three := order(3, p[0], 1)
	borrowed.ID, inBatch.ID = one.ID, three.ID
	for range 2 {
		apply(t, s.worker(t), []event.OrderPlaced{one}, []event.OrderPlaced{borrowed, three, inBatch})
	}
	if got := s.answers(t); len(got) != 4 || s.left(t, p[0]) != 6 {
		t.Errorf("got %v with %d left", got, s.left(t, p[0]))
	}
	s.consistent(t)
}

// Redis is away: the answers are in the outbox.
func TestReserveUnpublished(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	if err := s.Redis.Do(t.Context(), "SET", event.InventoryStream, "not a stream").Err(); err != nil {
		t.Fatal(err)
	}
	apply(t, s.worker(t), []event.OrderPlaced{order(1, p[0], 1)})
	if says(s.answers(t)[1]) != event.Completed {
		t.Errorf("got %v", s.answers(t))
	}
}

// A batch that cannot be written leaves nothing behind, and its connection is of use again.
func TestReserveFails(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	worker := s.worker(t)
	if _, err := s.DB.Exec(t.Context(), `REVOKE INSERT ON products.outbox FROM products`); err != nil {
		t.Fatal(err)
	}
	before := s.snapshot(t)
	for range 5 { // more than the pool holds
		if worker(t.Context(), order(1, p[0], 1)) == nil {
			t.Fatal("the outbox was written")
		}
	}
	if s.snapshot(t) != before {
		t.Error("a failed batch changed something")
	}
	if _, err := s.DB.Exec(t.Context(), `GRANT INSERT ON products.outbox TO products`); err != nil {
		t.Fatal(err)
	}
	apply(t, worker, []event.OrderPlaced{order(1, p[0], 1)})
	if says(s.answers(t)[1]) != event.Completed {
		t.Errorf("got %v", s.answers(t))
	}
	s.consistent(t)
}
