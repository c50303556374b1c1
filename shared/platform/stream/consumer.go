package stream

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
)

// Consumer reads for one group. Any number of them may run at once.
type Consumer struct {
	redis   *redis.Client
	config  config.Config
	group   string
	readers []reader
	slot    slot
	claimed time.Time // when entries of the dead were last looked for
	letters *deadletter.Store
	chores  []*chore

	condemned []failure // to be buried
	since     time.Time // when the first of them was condemned
}

type reader struct {
	stream string
	valid  func(Entry) error
	apply  func(context.Context, []Entry) error
}

const (
	// reserve is what stays of the function's time when the consumer stops reading: enough to finish
	// the batch in hand and to return with no read outstanding.
	reserve = 5 * time.Second
	// margin is what stays when even the work in hand is given up, so that the function returns and is not killed.
	margin = 500 * time.Millisecond
	// claimEvery is how often entries of the dead are looked for.
	claimEvery = time.Second
)

// Run reads and applies until its time is up (CONSUME_FOR, or the context's deadline less a reserve).
// A failure of Redis or Postgres makes it pause, not return.
func (c *Consumer) Run(ctx context.Context) error {
	until := time.Now().Add(c.config.ConsumeFor)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
		if deadline = deadline.Add(-reserve); deadline.Before(until) {
			until = deadline
		}
	}
	bounded, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	defer c.slot.free(ctx, c.redis)
	c.createGroups(bounded)
	for failures := 0; bounded.Err() == nil; {
		err := c.turn(ctx, bounded)
		switch {
		case bounded.Err() != nil:
		case err == nil:
			failures = 0
		default:
			slog.WarnContext(ctx, "pausing", "group", c.group, "error", err.Error())
			c.recreateGroups(bounded, err)
			c.pause(bounded, failures)
			failures++
		}
	}
	if err := c.bury(ctx); err != nil {
		slog.WarnContext(ctx, "burial is left to the next", "group", c.group, "error", err.Error())
	}
	return nil
}

// turn takes up what others left, then reads what is new, then does what waits for a pause. A read ends with bounded;
// work that has begun may use the reserve of ctx.
func (c *Consumer) turn(ctx, bounded context.Context) error {
	if err := c.slot.hold(bounded, c.redis, c.group, c.config.ConsumeLease); err != nil {
		return err
	}
	if err := c.buryGathered(ctx); err != nil {
		return err
	}
	if time.Since(c.claimed) >= claimEvery {
		c.claimed = time.Now()
		for _, r := range c.readers {
			if err := c.takeUp(ctx, bounded, r); err != nil {
				return err
			}
		}
	}
	idle := c.waiting()
	found, err := c.readNew(ctx, bounded)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		if err := c.bury(ctx); err != nil {
			return err
		}
	}
	if idle && found != nil {
		c.runChores(ctx, bounded, found)
	}
	return nil
}

// outage says whether err is no entry's fault: something that we depend on is away or broken, or our own time is up.
func outage(ctx context.Context, err error) bool {
	return ctx.Err() != nil || platform.KindOf(err) == fault.Unavailable || postgres.Broken(err)
}
