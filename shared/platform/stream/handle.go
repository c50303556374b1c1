package stream

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/deadletter"
)

const (
	// work is how long a batch may take: three times the longest statement. A connection that went silent, as in a
	// failover, must not hold the batch until the function's time is up.
	work = 30 * time.Second
	// deadly is after how many deliveries an entry is suspected of killing whoever applies it: such an end leaves
	// no other trace, and an outage that lasts for so many invocations is no reason to suspect anybody.
	deadly = 20
)

// handle applies a batch and acknowledges what was applied. What can never be applied is buried; an entry that fails
// by itself stays pending and is taken up again later, until it has failed too often. An outage is no entry's fault:
// the batch stays in hand and is tried until it is over or until bounded ends, which is the only error.
func (c *Consumer) handle(ctx, bounded context.Context, r reader, batch []Entry) error {
	valid, err := c.check(ctx, r, batch)
	if err != nil {
		return err
	}
	good, deadlies := make([]Entry, 0, len(valid)), []Entry(nil)
	for _, e := range valid {
		if e.deliveries < deadly {
			good = append(good, e)
		} else {
			deadlies = append(deadlies, e)
		}
	}
	if err := c.persist(ctx, bounded, r, good, func(ctx context.Context) error { return c.together(ctx, r, good) }); err != nil {
		return err
	}
	for _, e := range deadlies {
		if err := c.alone(ctx, bounded, r, e); err != nil {
			return err
		}
	}
	return nil
}

// persist does something with a batch, holding its lease, until it succeeds or bounded ends.
func (c *Consumer) persist(ctx, bounded context.Context, r reader, batch []Entry, do func(context.Context) error) error {
	if len(batch) == 0 {
		return nil
	}
	release := c.lease(ctx, r.stream, batch)
	defer release()
	for failures := 0; ; failures++ {
		err := within(ctx, work, do)
		if err == nil || bounded.Err() != nil {
			return err
		}
		slog.WarnContext(ctx, "waiting out an outage", "group", c.group, "error", err.Error())
		c.pause(bounded, failures)
	}
}

func within(ctx context.Context, d time.Duration, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return do(bounded)
}

// together applies a batch and counts, when all is over, the failures of those that failed by themselves.
func (c *Consumer) together(ctx context.Context, r reader, batch []Entry) error {
	var failed []failure
	if err := c.apply(ctx, r, batch, &failed); err != nil || len(failed) == 0 {
		return err
	}
	letters := make([]deadletter.Letter, len(failed))
	for i, f := range failed {
		letters[i] = f.letter
	}
	attempts, err := c.count(ctx, letters)
	if err != nil {
		return err
	}
	for _, f := range failed {
		if n := attempts[f.letter.EventID]; n >= c.config.MaxAttempts {
			c.condemn(ctx, f, n)
		}
	}
	return nil
}

// count counts failures. An outage is its only error: what cannot be counted otherwise is tried for longer.
func (c *Consumer) count(ctx context.Context, letters []deadletter.Letter) (attempts map[string]int, err error) {
	if attempts, err = c.letters.Failed(ctx, letters); err != nil && !outage(ctx, err) {
		slog.ErrorContext(ctx, "failures were not counted", "group", c.group, "error", err.Error())
		return nil, nil //nolint:nilnil // nothing was counted
	}
	return attempts, err //nolint:wrapcheck // persist logs it with the group
}

// apply halves a batch that fails until the entry that fails is alone, so that it costs nobody else.
func (c *Consumer) apply(ctx context.Context, r reader, batch []Entry, failed *[]failure) error {
	err := r.apply(ctx, batch)
	if err == nil {
		return c.acknowledge(ctx, r, batch)
	}
	if applied, some := c.without(ctx, batch, err); some {
		return c.acknowledge(ctx, r, applied)
	}
	switch {
	case outage(ctx, err):
		return err
	case len(batch) == 1:
		f := c.failure(batch[0], deadletter.Failed, err)
		f.log(ctx, "entry failed")
		*failed = append(*failed, f)
		return nil
	}
	half := len(batch) / 2
	if err := c.apply(ctx, r, batch[:half], failed); err != nil {
		return err
	}
	return c.apply(ctx, r, batch[half:], failed)
}

// without condemns the entries that err names as Refused and returns the rest; some says whether it names any.
func (c *Consumer) without(ctx context.Context, batch []Entry, err error) (rest []Entry, some bool) {
	refused, _ := errors.AsType[Refused](err)
	for _, e := range batch {
		if why, named := refused[e.ID]; named {
			c.condemn(ctx, c.failure(e, deadletter.Failed, why), 1)
		} else {
			rest = append(rest, e)
		}
	}
	return rest, len(rest) < len(batch)
}

// acknowledge ends entries that were applied, and the counting of those that had failed before.
func (c *Consumer) acknowledge(ctx context.Context, r reader, batch []Entry) error {
	if len(batch) == 0 {
		return nil
	}
	var again []string
	for _, e := range batch {
		if e.deliveries > 0 {
			again = append(again, deadletter.ID(e.Stream, e.Fields))
		}
	}
	if len(again) > 0 {
		if err := c.letters.Forget(ctx, again); err != nil {
			return err //nolint:wrapcheck // persist logs it with the group
		}
	}
	return c.redis.XAck(ctx, r.stream, c.group, ids(batch)...).Err() //nolint:wrapcheck // persist logs it with the group
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
