package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// clients order at the same time: enough to keep two cores busy, and below the processes that a function may have.
const clients = 8

type line struct {
	ProductID int64  `json:"product_id"`
	Price     string `json:"price,omitempty"`
	Quantity  int    `json:"quantity"`
}

type basket struct {
	Items []line `json:"items"`
}

// story is an order as GET answers it.
type story struct {
	Order struct {
		ID             int64
		Status, Reason string
		TotalPrice     string `json:"total_price"`
	}
	Items    []struct{ Name, Price string }
	Timeline []struct{ Status, Reason string }
}

// path is the order's timeline in one line.
func (s story) path() string {
	var steps []string
	for _, step := range s.Timeline {
		steps = append(steps, strings.TrimSpace(step.Status+" "+step.Reason))
	}
	return strings.Join(steps, ", ")
}

// list puts a product up for sale.
func (u *user) list(t *testing.T, name, price string, quantity int) (id int64) {
	t.Helper()
	var out struct{ Product struct{ ID int64 } }
	u.do(t, "POST", "/api/products", map[string]any{
		"name": name, "price": price, "category": "Tests", "quantity": quantity,
	}).into(t, 201, &out)
	return out.Product.ID
}

// order places an order that must be taken; it waits for the read model to know new products.
func (u *user) order(t *testing.T, items ...line) (id int64) {
	t.Helper()
	var out struct{ OrderID int64 }
	u.orderWhenKnown(t, basket{items}).into(t, 201, &out)
	return out.OrderID
}

func (u *user) orderWhenKnown(t *testing.T, b basket) (a answer) {
	t.Helper()
	until(t, "the products are known", func() bool {
		a = u.do(t, "POST", "/api/orders", b)
		return !strings.Contains(string(a.body), "catalog_behind")
	})
	return a
}

func (u *user) look(t *testing.T, order int64) (s story) {
	t.Helper()
	u.do(t, "GET", fmt.Sprintf("/api/orders/%d", order), nil).into(t, 200, &s)
	return s
}

// decided waits for the end of an order.
func (u *user) decided(t *testing.T, order int64) (s story) {
	t.Helper()
	until(t, fmt.Sprintf("order %d is decided", order), func() bool {
		s = u.look(t, order)
		return s.Order.Status != "PENDING"
	})
	return s
}

// rush is many orders, and how long each answer took.
type rush struct {
	ids   []int64
	times []time.Duration
}

// orders places n orders from several clients, one every pace at most. Each must be answered 201, whatever happens meanwhile.
func (u *user) orders(t *testing.T, n int, pace time.Duration, of func(i int) basket) rush {
	t.Helper()
	var mu sync.Mutex
	var done rush
	var failed []error
	work := make(chan int)
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for i := range work {
				began := time.Now()
				id, err := u.place(t.Context(), of(i))
				mu.Lock()
				if err != nil {
					failed = append(failed, err)
				} else {
					done.ids, done.times = append(done.ids, id), append(done.times, time.Since(began))
				}
				mu.Unlock()
			}
		})
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for i := range n {
		work <- i
		<-tick.C
	}
	close(work)
	group.Wait()
	if len(failed) > 0 {
		t.Fatalf("%d of %d orders were not taken, such as: %v", len(failed), n, errors.Join(failed[:min(3, len(failed))]...))
	}
	slices.Sort(done.times)
	return done
}

func (u *user) place(ctx context.Context, b basket) (int64, error) {
	a, err := u.send(ctx, "POST", "/api/orders", b)
	if err == nil && a.status != 201 {
		err = errors.New(a.String())
	}
	if err != nil {
		return 0, err
	}
	var out struct{ OrderID int64 }
	return out.OrderID, a.decode(&out)
}

// String shows the answers' times.
func (r rush) String() string {
	n := len(r.times)
	return fmt.Sprintf("%d orders answered 201 by %d clients at once: p50 %s, p99 %s, slowest %s",
		n, clients, round(r.times[n/2]), round(r.times[n*99/100]), round(r.times[n-1]))
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// lap is the time since began.
func lap(began time.Time) time.Duration { return round(time.Since(began)) }
