package stream

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// chore is a Chore with what it works on.
type chore struct {
	every time.Duration
	after string
	do    func(context.Context) (more bool, err error)
	due   time.Time
}

const (
	// choreTime is less than what stays of the function's time after the last batch.
	choreTime = reserve - time.Second
	// pruneEvery is often enough, for what is left over is pruned in the next turns.
	pruneEvery = time.Minute
	// looked is how many pending entries a chore's condition looks through: several times what the consumers of
	// a group can have in hand.
	looked = 1000
	// slack is for how long after its lease an entry is about to be taken up: until the next look for entries of the
	// dead, and once more, for that look may be late.
	slack = 2 * claimEvery
)

// prune is every consumer's own chore: its schema's inbox and failures do not grow for ever.
func (c *Consumer) prune() *chore {
	return &chore{every: pruneEvery, do: func(ctx context.Context) (bool, error) { return c.letters.Prune(ctx, c.config.InboxKeep) }}
}

// waiting says whether a chore is due that waits for a stream to be empty, or has more to do at once: then a read
// must not block.
func (c *Consumer) waiting() bool {
	now := time.Now()
	for _, j := range c.chores {
		if j.due.Before(now) {
			return true
		}
	}
	return false
}

// runChores runs those that are due. Found says in which streams the turn's read, which did not block, found entries.
func (c *Consumer) runChores(ctx, bounded context.Context, found map[string]bool) {
	for _, j := range c.chores {
		if time.Now().Before(j.due) || found[j.after] || bounded.Err() != nil {
			continue
		}
		if err := within(ctx, choreTime, func(ctx context.Context) error { return c.run(ctx, j) }); err != nil {
			slog.ErrorContext(ctx, "chore failed", "group", c.group, "error", err.Error())
		}
	}
}

func (c *Consumer) run(ctx context.Context, j *chore) error {
	j.due = time.Now().Add(j.every)
	if j.after != "" {
		if busy, err := c.busy(ctx, j.after); err != nil || busy {
			return err
		}
	}
	more, err := j.do(ctx)
	if more {
		j.due = time.Time{}
	}
	return err
}

// busy says whether a consumer of the group is at work on an entry of a stream, or about to take one up: what one has
// read, another does not find. An entry that has rested for longer waits for a next try that is not near.
func (c *Consumer) busy(ctx context.Context, stream string) (bool, error) {
	pending, err := c.redis.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: stream, Group: c.group, Start: "-", End: "+", Count: looked}).Result()
	if err != nil {
		return false, err //nolint:wrapcheck // runChores logs it with the group
	}
	for _, p := range pending {
		if p.Idle < c.config.ConsumeLease+slack {
			return true, nil
		}
	}
	return false, nil
}
