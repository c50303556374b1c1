package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/stream"
)

// BenchmarkPoison drains 10,000 entries, clean and with 1 % that become dead letters by turns, 5 rounds of each, and
// reports how much of the clean rate is left (median). Malformed are those that Valid refuses, refused those that Apply
// names, failing those that fail whatever they are applied with; for these only the good ones are waited for, for the
// others rest between their five attempts.
func BenchmarkPoison(b *testing.B) {
	for _, kind := range []string{"malformed", "refused", "failing"} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				s := setup(b)
				s.poison(b, kind)
				var ratios, rates []float64
				for range 5 {
					clean := s.drain(b, 0)
					poisoned := s.drain(b, 100)
					ratios, rates = append(ratios, clean.Seconds()/poisoned.Seconds()), append(rates, entriesDrained/clean.Seconds())
				}
				slices.Sort(ratios)
				slices.Sort(rates)
				b.ReportMetric(ratios[2], "of-clean-rate")
				b.ReportMetric(rates[2], "clean-entries/s")
			}
		})
	}
}

const entriesDrained = 10_000

// poison makes the bundle treat entries of the text "poison" in this way.
func (b *bundle) poison(t testing.TB, kind string) {
	t.Helper()
	poisonous := func(e stream.Entry) bool { return e.Fields["text"] == "poison" }
	take := b.takes(b.pg.As(t, group), &log{}, func(text string) error {
		if text == "poison" {
			return errors.New("on purpose")
		}
		return nil
	})
	b.apply = take
	switch kind {
	case "malformed":
		b.valid = func(e stream.Entry) error {
			if poisonous(e) {
				return errors.New("on purpose")
			}
			return nil
		}
	case "refused":
		b.apply = func(ctx context.Context, entries []stream.Entry) error {
			refused, good := stream.Refused{}, []stream.Entry(nil)
			for _, e := range entries {
				if poisonous(e) {
					refused[e.ID] = errors.New("on purpose")
				} else {
					good = append(good, e)
				}
			}
			if err := take(ctx, good); err != nil || len(refused) == 0 {
				return err
			}
			return refused
		}
	}
}

// drain returns how long it takes to apply and acknowledge the good ones of so many entries.
func (b *bundle) drain(t testing.TB, poison int) time.Duration {
	t.Helper()
	ctx := context.Background()
	if err := b.redis.FlushDB(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.Exec(ctx, `TRUNCATE orders.inbox, orders.failures, ops.dead_letters`); err != nil {
		t.Fatal(err)
	}
	pipe := b.redis.Pipeline()
	for i := range entriesDrained {
		text := fmt.Sprint(i)
		if poison > 0 && i%(entriesDrained/poison) == 50 {
			text = "poison"
		}
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: name, Values: []string{"event_id", uuid.NewString(), "text", text}})
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	c, done := b.consumer(t, map[string]string{"CONSUME_LEASE": "10s"}), make(chan error, 1)
	run, stop := context.WithCancel(ctx)
	begin := time.Now()
	go func() { done <- c.Run(run) }()
	until(t, "the good ones are applied", func() bool {
		return b.count(t, `SELECT count(*) FROM orders.inbox WHERE buried IS NULL`) == entriesDrained-poison
	})
	took := time.Since(begin)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return took
}
