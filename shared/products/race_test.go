package products_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"

	"mercato/shared/event"
	"mercato/shared/platform/apitest"
	"mercato/shared/products"
)

// together runs n of them at once and fails the test with their errors.
func together(t *testing.T, n int, do func(i int) error) {
	t.Helper()
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// Eight workers get overlapping batches of orders, whose lines name few products in any order. A deadlock
// would be an error of one of them.
func TestWorkersTogether(t *testing.T) {
	t.Parallel()
	const workers, batches, size, lines = 8, 25, 8, 4
	s := open(t)
	p := s.stock(t, 10, 300)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same orders every time
	orders := make([]event.OrderPlaced, workers*batches*size/2)
	for i := range orders {
		var lined []int64
		for _, k := range random.Perm(len(p))[:lines] {
			lined = append(lined, p[k], 1+random.Int64N(3))
		}
		orders[i] = order(int64(i+1), lined...)
	}
	// Every order is delivered twice: to two workers, or to one a second time.
	deliveries := slices.Concat(orders, orders)
	random.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	apply := make([]func(context.Context, ...event.OrderPlaced) error, workers)
	for i := range apply {
		apply[i] = s.worker(t)
	}
	together(t, workers, func(i int) error {
		share := deliveries[i*batches*size : (i+1)*batches*size]
		for batch := range slices.Chunk(share, size) {
			if err := apply[i](t.Context(), batch...); err != nil {
				return err
			}
		}
		return nil
	})
	s.consistent(t)
	if got := s.answers(t); len(got) != len(orders) {
		t.Errorf("%d orders decided, want %d", len(got), len(orders))
	}
	lined := s.count(t, `SELECT count(*) FROM products.stock_ledger l WHERE l.kind = 'reserve'`)
	completed := 0
	for _, a := range s.answers(t) {
		if a.Status == event.Completed {
			completed++
		}
	}
	if lined != completed*lines || completed == 0 || completed == len(orders) {
		t.Errorf("%d lines of the ledger for %d completed orders of %d", lined, completed, len(orders))
	}
}

// A batch whose reader seemed dead is claimed by others and read in another order.
func TestSameBatchTogether(t *testing.T) {
	t.Parallel()
	const workers, rounds, size = 4, 12, 60
	s := open(t)
	p := s.stock(t, 1, rounds*size)
	apply := make([]func(context.Context, ...event.OrderPlaced) error, workers)
	for i := range apply {
		apply[i] = s.worker(t)
	}
	for round := range rounds {
		batch := make([]event.OrderPlaced, size)
		for i := range batch {
			batch[i] = order(int64(round*size+i+1), p[0], 1)
		}
		together(t, workers, func(i int) error {
			mine := slices.Clone(batch)
			if i%2 == 1 {
				slices.Reverse(mine)
			}
			return apply[i](t.Context(), mine...)
		})
	}
	if s.left(t, p[0]) != 0 || len(s.answers(t)) != rounds*size {
		t.Errorf("%d left, %d answers", s.left(t, p[0]), len(s.answers(t)))
	}
	s.consistent(t)
}

func TestLastUnits(t *testing.T) {
	t.Parallel()
	const buyers, units = 24, 10
	s := open(t)
	p := s.stock(t, 1, units)
	workers := make([]func(context.Context, ...event.OrderPlaced) error, 8)
	for i := range workers {
		workers[i] = s.worker(t)
	}
	together(t, buyers, func(i int) error { return workers[i%len(workers)](t.Context(), order(int64(i+1), p[0], 1)) })
	sold := 0
	for _, a := range s.answers(t) {
		if a.Status == event.Completed {
			sold++
		} else if a.Reason != event.OutOfStock {
			t.Errorf("order %d: %s", a.OrderID, a.Reason)
		}
	}
	if sold != units || s.left(t, p[0]) != 0 {
		t.Errorf("%d sold and %d left of %d", sold, s.left(t, p[0]), units)
	}
	s.consistent(t)
}

// A seller sets the level while his product is being sold: every sale stays in the books.
func TestSellerAndWorker(t *testing.T) {
	t.Parallel()
	const rounds = 40
	s := open(t)
	p := s.list(t, "anna", "Lamp", "9.99", 1000)
	worker, seller := s.worker(t), s.Open(t, products.Update)
	together(t, 2, func(i int) error {
		for n := range rounds {
			if i == 0 {
				if err := worker(t.Context(), order(int64(n+1), p.ID, 3)); err != nil {
					return err
				}
				continue
			}
			a := seller.Do(t, apitest.Request{Path: at(p), Cookie: s.cookies["anna"], Body: map[string]any{"quantity": 1000 + n}})
			if a.Status != http.StatusOK {
				t.Errorf("round %d: %d %s", n, a.Status, a.Body)
			}
		}
		return nil
	})
	s.consistent(t)
	if n := s.count(t, `SELECT count(*) FROM products.stock_ledger l WHERE l.kind = 'reserve' AND l.delta = -3`); n != rounds {
		t.Errorf("%d sales in the ledger, want %d", n, rounds)
	}
}

// Of two editors with the same version in hand one is too late.
func TestEditorsTogether(t *testing.T) {
	t.Parallel()
	const editors = 6
	s := open(t)
	p := s.list(t, "anna", "Lamp", "9.99", 5)
	statuses := make([]int, editors)
	together(t, editors, func(i int) error {
		statuses[i] = s.do(t, products.Update, "anna", at(p), map[string]any{"quantity": i}, "If-Match", "1").Status
		return nil
	})
	slices.Sort(statuses)
	if statuses[0] != http.StatusOK || statuses[1] != http.StatusPreconditionFailed || statuses[editors-1] != http.StatusPreconditionFailed {
		t.Errorf("got %v, want one 200 and %d times 412", statuses, editors-1)
	}
	s.consistent(t)
}

// TestEditAfterASale: a seller who read the stock before a sale must not put back what was sold.
func TestEditAfterASale(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.list(t, "anna", "Lamp", "9.99", 10)
	apply(t, s.worker(t), []event.OrderPlaced{order(1, p.ID, 8)})
	if a := s.do(t, products.Update, "anna", at(p), map[string]any{"quantity": 10}, "If-Match", "1"); a.Status != 412 {
		t.Errorf("got %d %s, want 412", a.Status, a.Body)
	}
	if left := s.left(t, p.ID); left != 2 {
		t.Errorf("%d left, want 2", left)
	}
}
