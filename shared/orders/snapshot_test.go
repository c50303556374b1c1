package orders_test

import (
	"fmt"
	"testing"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/apitest"
)

// TestGetIsOneMoment reads orders while they are decided: the status is always the last of the timeline.
func TestGetIsOneMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 40 {
		id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
		decided := make(chan struct{})
		go func() {
			defer close(decided)
			b.decide(t, event.OrderDecided{OrderID: id, Status: event.Completed})
		}()
		for reading := true; reading; {
			select {
			case <-decided:
				reading = false
			default:
			}
			var got orders.GetResponse
			b.get.Do(t, apitest.Request{Path: fmt.Sprintf("/api/orders/%d", id), Cookie: b.cookie}).Into(t, &got)
			if last := got.Timeline[len(got.Timeline)-1].Status; last != got.Order.Status {
				t.Fatalf("order %d stands at %s, its timeline ends with %s", id, got.Order.Status, last)
			}
		}
	}
}
