package products_test

import (
	"testing"

	"mercato/shared/event"
)

// released counts the answers which say that nothing is held, to one event or, without a name, to any.
func (s *shop) released(t testing.TB, to string) int {
	t.Helper()
	return s.count(t, `SELECT count(*) FROM products.outbox o WHERE o.fields ->> 'status' = 'RELEASED' AND $1 IN ('', o.fields ->> 'in_reply_to')`, to)
}

// An order whose id another event has used up is told, once, that nothing is held for it: it would wait in vain.
func TestForestalled(t *testing.T) {
	t.Parallel()
	for name, forge := range map[string]func(*testing.T, *shop, int64){
		"by a cancellation": func(t *testing.T, s *shop, _ int64) {
			t.Helper()
			_, cancel := s.hands(t)
			apply(t, cancel, []event.OrderCancelled{cancellation(1)})
		},
		"by an order that was cancelled": func(t *testing.T, s *shop, p int64) {
			t.Helper()
			place, cancel := s.hands(t)
			apply(t, place, []event.OrderPlaced{order(1, p, 3)})
			apply(t, cancel, []event.OrderCancelled{cancellation(1)})
		},
		"by an order that failed": func(t *testing.T, s *shop, p int64) {
			t.Helper()
			apply(t, s.worker(t), []event.OrderPlaced{order(1, p, 1000)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			p := s.stock(t, 1, 10)
			forge(t, s, p[0])
			own := order(1, p[0], 2)
			apply(t, s.worker(t), []event.OrderPlaced{own, order(2, p[0], 1), own}, []event.OrderPlaced{own})
			if n := s.released(t, own.ID); n != 1 || s.left(t, p[0]) != 9 {
				t.Errorf("told %d times, want 1; %d left, want 9", n, s.left(t, p[0]))
			}
			s.consistent(t)
		})
	}
}

// While something is held for an order, or is about to be, its other events are not answered: what holds it is.
func TestNotForestalled(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	first, other, buried := order(1, p[0], 1), order(1, p[0], 1), order(2, p[0], 1)
	s.bury(t, buried.Envelope, event.OrdersStream)
	apply(t, s.worker(t), []event.OrderPlaced{first, other, first, buried}, []event.OrderPlaced{other, first, order(1, p[0], 1)})
	if n := s.released(t, ""); n != 0 {
		t.Errorf("%d were told that nothing is held", n)
	}
	s.consistent(t)
}
