package orders_test

import (
	"sync"
	"testing"
	"time"

	"mercato/shared/event"
)

// inEitherOrder starts two things at once, the one or the other first.
func inEitherOrder(i int, a, b func()) {
	if i%2 == 1 {
		a, b = b, a
	}
	var wg sync.WaitGroup
	wg.Go(a)
	wg.Go(b)
	wg.Wait()
}

// TestExpiryRacesTheAnswer: exactly one of them settles the order.
func TestExpiryRacesTheAnswer(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"DATABASE_POOL": "4"})
	ids := b.bulk(t, scale(200, 2000), time.Hour)
	for i, id := range ids {
		b.exec(t, `UPDATE orders.orders o SET deadline = now() WHERE o.id = $1`, id)
		inEitherOrder(i, func() { b.chore(t, event.InventoryStream) }, func() { b.decide(t, completed(id)) })
	}
	expired := b.expired(t)
	answered := b.count(t, `SELECT count(*) FROM orders.orders o WHERE o.status = 'COMPLETED'`)
	if expired+answered != len(ids) {
		t.Errorf("%d expired and %d completed of %d", expired, answered, len(ids))
	}
	if n := b.count(t, `SELECT count(*) FROM orders.order_events`); n != 2*len(ids) {
		t.Errorf("%d steps of %d orders, want 2 of each", n, len(ids))
	}
	t.Logf("%d expired, %d completed", expired, answered)
	b.sound(t)
}

// TestCancelRacesTheAnswer: whoever was told that his order is cancelled has it taken back once; otherwise it had
// failed.
func TestCancelRacesTheAnswer(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"DATABASE_POOL": "4"})
	stands := map[string]int{}
	for i, id := range b.bulk(t, scale(200, 1000), time.Hour) {
		truth := []event.OrderDecided{completed(id), failed(id)}[i/2%2]
		var told int
		inEitherOrder(i, func() { told = b.cancels(t, id).Status }, func() { b.decide(t, truth) })
		timeline := b.timeline(t, id)
		stands[timeline]++
		switch timeline {
		case "PENDING ;CANCELLED buyer;", "PENDING ;COMPLETED ;CANCELLED buyer;":
			if told != 202 {
				t.Errorf("order %d: %s, and the buyer was told %d", id, timeline, told)
			}
		case "PENDING ;FAILED out_of_stock;":
			if told != 409 || truth.Status != event.Failed {
				t.Errorf("order %d: %s, and the buyer was told %d", id, timeline, told)
			}
		default:
			t.Errorf("order %d: %s", id, timeline)
		}
	}
	t.Log(stands)
	b.sound(t)
}
