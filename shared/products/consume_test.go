package products_test

import (
	"context"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/platform/stream"
	"mercato/shared/products"
)

// An entry that nobody could have sent holds up nobody: those around it are decided, and an order that was taken back
// gives back its stock.
func TestConsume(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 2)
	poison := order(2, p[0], 1)
	poison.Lines[0].Price = "much"
	var messages []stream.Message
	for _, o := range []event.OrderPlaced{order(1, p[0], 1), poison, order(3, p[0], 1), order(4, p[0], 1)} {
		messages = append(messages, stream.Message{EventID: o.ID, Stream: event.OrdersStream, Fields: o.Fields()})
	}
	if err := stream.Append(t.Context(), s.Redis, messages); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- products.Consume.Consumer(s.Env(t)).Run(ctx) }()
	s.await(t, func() bool { return len(s.answers(t)) == len(messages)-1 })
	one := cancellation(1)
	if err := stream.Append(ctx, s.Redis, []stream.Message{{EventID: one.ID, Stream: event.CancellationsStream, Fields: one.Fields()}}); err != nil {
		t.Fatal(err)
	}
	s.await(t, func() bool { return s.left(t, p[0]) == 1 })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	got := s.answers(t)
	if says(got[1]) != event.Completed || says(got[3]) != event.Completed || says(got[4]) != event.OutOfStock {
		t.Errorf("got %v", got)
	}
	s.consistent(t)
}

// await looks until it is so; what takes longer than a minute never comes.
func (*shop) await(t testing.TB, so func() bool) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-limit.C:
			t.Fatal("it never came")
		case <-look.C:
		}
	}
}
