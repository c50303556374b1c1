package stream

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/telemetry"
)

// handle applies a batch and acknowledges what was applied. An entry that fails by itself stays pending
// and is taken up again later. An outage is no entry's fault: the batch stays in hand and is tried until
// it is over or until bounded ends, which is the only error.
func (c *Consumer) handle(ctx, bounded context.Context, r reader, batch []Entry) error {
	good := make([]Entry, 0, len(batch))
	for _, e := range batch {
		if err := r.valid(e); err != nil {
			c.refuse(ctx, e, err)
			continue
		}
		good = append(good, e)
	}
	if len(good) == 0 {
		return nil
	}
	release := c.lease(ctx, r.stream, good)
	defer release()
	for failures := 0; ; failures++ {
		err := c.apply(ctx, r, good)
		if err == nil || bounded.Err() != nil {
			return err
		}
		slog.WarnContext(ctx, "waiting out an outage", "group", c.group, "error", err.Error())
		c.pause(bounded, failures)
	}
}

// apply halves a batch that fails until the entry that fails is alone, so that it costs nobody else.
func (c *Consumer) apply(ctx context.Context, r reader, batch []Entry) error {
	err := r.apply(ctx, batch)
	switch {
	case err == nil:
		return c.redis.XAck(ctx, r.stream, c.group, ids(batch)...).Err()
	case outage(err):
		return err
	case len(batch) == 1:
		c.refuse(ctx, batch[0], err)
		return nil
	}
	half := len(batch) / 2
	if err := c.apply(ctx, r, batch[:half]); err != nil {
		return err
	}
	return c.apply(ctx, r, batch[half:])
}

func (c *Consumer) refuse(ctx context.Context, e Entry, err error) {
	ctx = telemetry.WithCorrelation(ctx, e.Fields["correlation_id"])
	slog.ErrorContext(ctx, "entry failed", "stream", e.Stream, "entry", e.ID, "event_id", e.Fields["event_id"], "error", err.Error())
}

// lease keeps the batch ours while it is worked on: others claim what has been idle for a lease.
func (c *Consumer) lease(ctx context.Context, stream string, batch []Entry) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(c.config.ConsumeLease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_ = c.redis.XClaimJustID(ctx, &redis.XClaimArgs{
					Stream: stream, Group: c.group, Consumer: c.slot.name, Messages: ids(batch),
				}).Err() // a lease that cannot be renewed costs a repetition, which the inbox absorbs
			}
		}
	}()
	return func() { cancel(); <-done }
}

func ids(batch []Entry) []string {
	list := make([]string, len(batch))
	for i, e := range batch {
		list[i] = e.ID
	}
	return list
}
