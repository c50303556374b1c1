package products_test

import (
	"errors"
	"testing"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/stream"
)

// A product that never was is in no order that anybody placed: the entry is named, and nothing is decided with it.
func TestReserveRefusesWhatNeverWas(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	before := s.snapshot(t)
	worker := s.worker(t)
	forged := order(2, p[0], 1, 999, 1)
	err := worker(t.Context(), order(1, p[0], 1), forged, order(2, p[0], 2), order(3, 998, 1), order(4, p[0], 1))
	refused, ok := errors.AsType[stream.Refused](err)
	if !ok || len(refused) != 2 || s.snapshot(t) != before {
		t.Fatalf("got %v, changed %v", err, s.snapshot(t) != before)
	}
	for _, id := range []string{"1-1", "1-3"} {
		if f, ok := errors.AsType[*fault.Error](refused[id]); !ok || f.Code != "unknown_product" {
			t.Errorf("entry %s: got %v", id, refused[id])
		}
	}
	apply(t, worker, []event.OrderPlaced{order(1, p[0], 1), order(2, p[0], 2), order(4, p[0], 1)})
	apply(t, worker, []event.OrderPlaced{forged}) // of an order that is decided: nothing is decided by it
	if s.left(t, p[0]) != 6 || len(s.answers(t)) != 3 {
		t.Errorf("%d left, %d answers", s.left(t, p[0]), len(s.answers(t)))
	}
	s.consistent(t)
}
