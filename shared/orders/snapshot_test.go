package orders_test

import (
	"fmt"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/apitest"
)

// TestGetIsOneMoment decides an order while it is half read: its status is still the last of its timeline.
func TestGetIsOneMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	path := fmt.Sprintf("/api/orders/%d", id)
	b.get.Do(t, apitest.Request{Path: path, Cookie: b.cookie}) // its statements are prepared: from now on each locks by itself
	hold, err := b.app.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback(t.Context()) //nolint:errcheck // ends the test's own hold
	if _, err := hold.Exec(t.Context(), `LOCK TABLE orders.order_items IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	answers := make(chan apitest.Answer, 1)
	go func() {
		answers <- b.get.Do(t, apitest.Request{Path: path, Cookie: b.cookie})
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for waiting := 0; waiting == 0; <-tick.C { // the order is read, its lines are not
		waiting = b.count(t, `SELECT count(*) FROM pg_locks l WHERE NOT l.granted AND l.relation = 'orders.order_items'::regclass`)
	}
	b.decide(t, event.OrderDecided{OrderID: id, Status: event.Completed})
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got orders.GetResponse
	(<-answers).Into(t, &got)
	if last := got.Timeline[len(got.Timeline)-1].Status; last != got.Order.Status {
		t.Errorf("the order stands at %s, its timeline ends with %s", got.Order.Status, last)
	}
}
