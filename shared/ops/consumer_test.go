package ops_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform"
	"mercato/shared/platform/stream"
)

var errOnPurpose = errors.New("on purpose")

// TestLettersOfAConsumer: what a consumer buries is replayed to it, and takes effect once it can: an event with an
// id, one of the documented fields alone, and one that nobody could have sent, whatever bytes it holds.
func TestLettersOfAConsumer(t *testing.T) {
	t.Parallel()
	d := setup(t)
	var fixed atomic.Bool
	broken := func(stream.Entry) error {
		if fixed.Load() {
			return nil
		}
		return errOnPurpose
	}
	for _, e := range []map[string]string{
		{"event_id": "01a2063b-ec71-744d-ade1-64ee75d0260d", "order_id": "7"}, {"order_id": "8", "products": "[]"}, {"order_id": "9", "a": "\xff\x00"},
	} {
		if err := d.Redis.XAdd(t.Context(), &redis.XAddArgs{Stream: event.OrdersStream, Values: e}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	d.consume(t, broken)
	letters := func(state string, count int) {
		t.Helper()
		d.until(t, strconv.Itoa(count)+" replays, "+state, func() bool {
			return d.text(t, `SELECT count(*) FROM ops.dead_letters d WHERE d.state = $1 AND d.replay_count = $2`, state, count) == "3"
		})
	}
	letters("dead", 0)
	d.until(t, "a message for each", func() bool { visible, _ := d.held(t, d.dlq); return visible == 3 })
	d.due(t)
	d.run(t, ops.ReplayRequest{})
	letters("dead", 1)
	fixed.Store(true)
	d.due(t)
	d.run(t, ops.ReplayRequest{})
	letters("resolved", 2)
	if got := d.text(t, `SELECT count(*) || ' ' || count(DISTINCT e.event_id) FROM products.effects e`); got != "3 3" {
		t.Errorf("%s effects and events, want each of 3 once", got)
	}
	if got := d.text(t, `SELECT count(*) FROM ops.dead_letters d`); got != "3" {
		t.Errorf("%s letters", got)
	}
}

// consume reads as products does, until the test ends.
func (d *desk) consume(t *testing.T, valid func(stream.Entry) error) {
	t.Helper()
	consumer := stream.Subscription[*desk]{
		Name: "test", Group: "products", Open: func(*platform.Env) *desk { return d },
		Reads: []stream.Reads[*desk]{{
			Stream: event.OrdersStream, Valid: valid,
			Apply: func(d *desk, ctx context.Context, entries []stream.Entry) error {
				messages := make([]redis.XMessage, len(entries))
				for i, e := range entries {
					messages[i].Values = map[string]any{"event_id": e.Fields["event_id"], "replay_count": e.Fields["replay_count"]}
				}
				return d.apply(ctx, messages)
			},
		}},
	}.Consumer(d.env(t))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- consumer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// until waits for a condition, for as long as a busy machine may need.
func (d *desk) until(t *testing.T, what string, met func() bool) {
	t.Helper()
	tick, limit := time.NewTicker(10*time.Millisecond), time.NewTimer(time.Minute)
	defer tick.Stop()
	defer limit.Stop()
	for !met() {
		select {
		case <-limit.C:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
