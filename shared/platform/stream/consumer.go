package stream

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/fault"
)

// Consumer reads for one group. Any number of them may run at once.
type Consumer struct {
	redis   *redis.Client
	config  config.Config
	group   string
	readers []reader
	slot    slot
	claimed time.Time // when entries of the dead were last looked for
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
	// claimEvery is how often entries of the dead are looked for.
	claimEvery = time.Second
)

// Run reads and applies until its time is up (CONSUME_FOR, or the context's deadline less a reserve).
// A failure of Redis or Postgres makes it pause, not return.
func (c *Consumer) Run(ctx context.Context) error {
	until := time.Now().Add(c.config.ConsumeFor)
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-reserve).Before(until) {
		until = deadline.Add(-reserve)
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
	return nil
}

// turn takes up what others left, then reads what is new. A read ends with bounded; work that has
// begun may use the reserve of ctx.
func (c *Consumer) turn(ctx, bounded context.Context) error {
	if err := c.slot.hold(bounded, c.redis, c.group, c.config.ConsumeLease); err != nil {
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
	return c.readNew(ctx, bounded)
}

func (c *Consumer) readNew(ctx, bounded context.Context) error {
	var streams, ids []string
	for _, r := range c.readers {
		streams, ids = append(streams, r.stream), append(ids, ">")
	}
	deadline, _ := bounded.Deadline()
	block := min(c.config.ConsumeBlock, time.Until(deadline))
	if block < time.Millisecond {
		return nil // 0 would block for ever
	}
	// The read itself is not cut short: a reply that nobody takes is an entry that nobody applies.
	read, err := c.redis.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: c.group, Consumer: c.slot.name, Streams: append(streams, ids...),
		Count: int64(c.config.ConsumeBatch), Block: block,
	}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err //nolint:wrapcheck // Run logs it with the group
	}
	for _, s := range read {
		for _, r := range c.readers {
			if r.stream == s.Stream {
				if err := c.handle(ctx, bounded, r, entries(r.stream, s.Messages)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func entries(stream string, messages []redis.XMessage) []Entry {
	list := make([]Entry, 0, len(messages))
	for _, m := range messages {
		fields := make(map[string]string, len(m.Values))
		for name, value := range m.Values {
			fields[name], _ = value.(string) // go-redis reads every value as a string
		}
		list = append(list, Entry{ID: m.ID, Stream: stream, Fields: fields})
	}
	return list
}

// createGroups makes every group from the beginning of its stream, best effort: what was written
// before the first reader came must be read too.
func (c *Consumer) createGroups(ctx context.Context) {
	pipe := c.redis.Pipeline()
	for _, r := range c.readers {
		pipe.XGroupCreateMkStream(ctx, r.stream, c.group, "0")
	}
	_, _ = pipe.Exec(ctx) // BUSYGROUP when it is there; any other failure comes again with the read
}

// recreateGroups answers the loss of Redis's memory.
func (c *Consumer) recreateGroups(ctx context.Context, err error) {
	if word, _, _ := strings.Cut(err.Error(), " "); word == "NOGROUP" || word == "UNBLOCKED" {
		c.createGroups(ctx)
	}
}

func outage(err error) bool { return platform.KindOf(err) == fault.Unavailable }
