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

// Eight workers get overlapping batches of orders, whose lines name few products in any order, and cancellations of
// some of them. A deadlock would be an error of one of them.
func TestWorkersTogether(t *testing.T) {
	t.Parallel()
	const workers, size, lines = 8, 8, 4
	batches := scaled(t, 25, 400)
	s := open(t)
	p := s.stock(t, 10, batches*12)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same orders every time
	orders := make([]event.OrderPlaced, workers*batches*size/2)
	var cancelled []event.OrderCancelled
	for i := range orders {
		var lined []int64
		for _, k := range random.Perm(len(p))[:lines] {
			lined = append(lined, p[k], 1+random.Int64N(3))
		}
		orders[i] = order(int64(i+1), lined...)
		if i%4 == 0 {
			cancelled = append(cancelled, cancellation(orders[i].OrderID))
		}
	}
	// Every event is delivered twice: to two workers, or to one a second time.
	deliveries, cancellations := slices.Concat(orders, orders), slices.Concat(cancelled, cancelled)
	random.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	place := make([]func(context.Context, ...event.OrderPlaced) error, workers)
	cancel := make([]func(context.Context, ...event.OrderCancelled) error, workers)
	for i := range workers {
		place[i], cancel[i] = s.hands(t)
	}
	together(t, workers, func(i int) error {
		share, over := deliveries[i*batches*size:(i+1)*batches*size], cancellations[i*batches*size/4:(i+1)*batches*size/4]
		for n := range batches {
			if err := place[i](t.Context(), share[n*size:(n+1)*size]...); err != nil {
				return err
			}
			if err := cancel[i](t.Context(), over[n*size/4:(n+1)*size/4]...); err != nil {
				return err
			}
		}
		return nil
	})
	s.consistent(t)
	s.ended(t, len(orders), lines, cancelled)
}

// ended holds the ledger against the answers: every order is decided or was cancelled before, and of those that were
// cancelled nothing is held.
func (s *shop) ended(t *testing.T, orders, lines int, cancelled []event.OrderCancelled) {
	t.Helper()
	early := s.count(t, `SELECT count(*) FROM products.decisions d WHERE d.event_id::text LIKE $1`, cancels+"%")
	answers := s.answers(t)
	completed, returned := 0, 0
	for _, a := range answers {
		if a.Status == event.Completed {
			completed++
		}
	}
	for _, c := range cancelled {
		if answers[c.OrderID].Status == event.Completed {
			returned++
		}
	}
	if len(answers)+early != orders || completed == 0 || completed == orders || early == 0 || returned == 0 {
		t.Errorf("%d answers and %d cancelled before, of %d; %d completed, %d of them returned: some of each are wanted", len(answers), early, orders, completed, returned)
	}
	for kind, want := range map[string]int{"reserve": completed * lines, "release": returned * lines} {
		if n := s.count(t, `SELECT count(*) FROM products.stock_ledger l WHERE l.kind = $1`, kind); n != want {
			t.Errorf("%d lines of %s, want %d", n, kind, want)
		}
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

// Round by round, more buyers than units: each unit is sold, and once.
func TestLastUnits(t *testing.T) {
	t.Parallel()
	const buyers, units = 24, 10
	s := open(t)
	rounds := scaled(t, 10, 200)
	p := s.stock(t, rounds, units)
	workers := make([]func(context.Context, ...event.OrderPlaced) error, 8)
	for i := range workers {
		workers[i] = s.worker(t)
	}
	for round, product := range p {
		together(t, buyers, func(i int) error {
			return workers[i%len(workers)](t.Context(), order(int64(round*buyers+i+1), product, 1))
		})
	}
	sold := map[int64]int{} // by round
	for _, a := range s.answers(t) {
		if a.Status == event.Completed {
			sold[(a.OrderID-1)/buyers]++
		} else if a.Reason != event.OutOfStock {
			t.Errorf("order %d: %s", a.OrderID, a.Reason)
		}
	}
	for round, product := range p {
		if sold[int64(round)] != units || s.left(t, product) != 0 {
			t.Errorf("round %d: %d sold and %d left of %d", round, sold[int64(round)], s.left(t, product), units)
		}
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
