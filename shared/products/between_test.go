package products_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
)

// holding runs do while a transaction holds a product's row, and ends the transaction when so many others wait for
// a lock: whoever claims an order and then wants the product has claimed it, and has not written.
func (s *shop) holding(t *testing.T, product int64, waiting int, do ...func() error) {
	t.Helper()
	var all sync.WaitGroup
	err := pgx.BeginFunc(t.Context(), s.DB, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT FROM products.products p WHERE p.id = $1 FOR UPDATE`, product); err != nil {
			return err
		}
		for i, f := range do {
			all.Go(func() {
				if err := f(); err != nil {
					t.Error(err)
				}
			})
			s.await(t, func() bool { return s.waiting(t) >= min(i+1, waiting) })
		}
		return nil
	})
	all.Wait()
	if err != nil {
		t.Fatal(err)
	}
}

// waiting is how many connections wait for a lock.
func (s *shop) waiting(t *testing.T) int {
	t.Helper()
	return s.count(t, `SELECT count(*) FROM pg_stat_activity a WHERE a.datname = current_database() AND a.wait_event_type = 'Lock'`)
}

// A cancellation comes when the worker has claimed the order and not yet written what it takes: it waits, and gives
// back all of it.
func TestCancelBetweenTheWorkersTrips(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 2, 10)
	place, cancel := s.hands(t)
	rounds := scaled(t, 25, 1000)
	for i := range rounds {
		id := int64(i + 1)
		s.holding(t, p[1], 2,
			func() error { return place(t.Context(), order(id, p[0], 1, p[1], 2)) },
			func() error { return cancel(t.Context(), cancellation(id)) })
	}
	if n := s.count(t, `SELECT count(*) FROM products.stock_ledger l WHERE l.kind = 'release'`); n != 2*rounds || s.left(t, p[0]) != 10 || s.left(t, p[1]) != 10 {
		t.Errorf("%d lines came back of %d, %d and %d left of 10", n, 2*rounds, s.left(t, p[0]), s.left(t, p[1]))
	}
	s.consistent(t)
}

// The order comes when the cancellation has claimed it and not yet committed: it waits, and takes nothing.
func TestOrderBetweenTheCancellersTrips(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10_000)
	place, cancel := s.hands(t)
	rounds := scaled(t, 25, 1000)
	for i := range rounds {
		before, id := int64(2*i+1), int64(2*i+2)
		apply(t, place, []event.OrderPlaced{order(before, p[0], 1)}) // what the canceller waits for
		s.holding(t, p[0], 2,
			func() error { return cancel(t.Context(), cancellation(before), cancellation(id)) },
			func() error { return place(t.Context(), order(id, p[0], 1)) })
	}
	if s.left(t, p[0]) != 10_000 || len(s.answers(t)) != rounds {
		t.Errorf("%d left, %d answers", s.left(t, p[0]), len(s.answers(t)))
	}
	s.consistent(t)
}

// Five cancel the same orders at once, in batches of their own order: each order gives back once.
func TestCancellersTogether(t *testing.T) {
	t.Parallel()
	const cancellers, size = 5, 20
	s := open(t)
	p := s.stock(t, 3, 10_000)
	place, _ := s.hands(t)
	cancel := make([]func(context.Context, ...event.OrderCancelled) error, cancellers)
	for i := range cancel {
		_, cancel[i] = s.hands(t)
	}
	rounds := scaled(t, 10, 100)
	for round := range rounds {
		var orders []event.OrderPlaced
		for i := range size {
			orders = append(orders, order(int64(round*size+i+1), p[i%3], 1, p[(i+1)%3], 2))
		}
		apply(t, place, orders)
		together(t, cancellers, func(i int) error {
			var batch []event.OrderCancelled
			for k := range size {
				batch = append(batch, cancellation(orders[(k*(i+1)+i*7)%size].OrderID)) // not every step meets every order
			}
			return cancel[i](t.Context(), batch...)
		})
	}
	if n := s.count(t, `SELECT count(*) FROM products.stock_ledger l WHERE l.kind = 'release'`); n != rounds*size*2 {
		t.Errorf("%d rows of release, want %d", n, rounds*size*2)
	}
	for _, id := range p {
		if s.left(t, id) != 10_000 {
			t.Errorf("product %d: %d left", id, s.left(t, id))
		}
	}
	s.consistent(t)
}
