package products_test

import (
	"errors"
	"testing"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/stream"
)

// A product that never was is in no order that anybody placed: the entry is named, and claims nothing. Whoever waits for
// its order all the same hears why it fails. The others of its batch are decided, the one of its id too.
func TestReserveRefusesWhatNeverWas(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	worker := s.worker(t)
	forged := order(2, p[0], 1, 999, 1)
	err := worker(t.Context(), order(1, p[0], 1), forged, order(2, p[0], 2), order(3, 998, 1), order(4, p[0], 1))
	refused, ok := errors.AsType[stream.Refused](err)
	if !ok || len(refused) != 2 {
		t.Fatalf("got %v", err)
	}
	for _, id := range []string{"1-1", "1-3"} {
		if f, ok := errors.AsType[*fault.Error](refused[id]); !ok || f.Code != "unknown_product" {
			t.Errorf("entry %s: got %v", id, refused[id])
		}
	}
	got := s.answers(t)
	if d := got[3]; d.Reason != event.ProductGone || len(d.Changes) != 1 || d.Changes[0] != (event.ProductNow{ProductID: 998, Price: "0.00"}) {
		t.Errorf("order 3: %+v", d)
	}
	if s.left(t, p[0]) != 6 || len(got) != 4 || got[2].Status != event.Completed || s.count(t, `SELECT count(*) FROM products.decisions`) != 3 {
		t.Errorf("%d left, %d answers", s.left(t, p[0]), len(got))
	}
	before := s.snapshot(t)
	if err := worker(t.Context(), forged); err == nil || s.snapshot(t) != before { // of an order that is decided
		t.Errorf("got %v, changed %v", err, s.snapshot(t) != before)
	}
	s.consistent(t)
}

// What the transaction of a claim may take back, nobody else may.
func TestForfeit(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	apply(t, s.worker(t), []event.OrderPlaced{order(1, p[0], 1)})
	if _, err := s.DB.Exec(t.Context(), `SELECT products.forfeit('{1}')`); err != nil {
		t.Fatal(err)
	}
	if n := s.count(t, `SELECT count(*) FROM products.decisions`); n != 1 {
		t.Error("a decision that stood is gone")
	}
}
