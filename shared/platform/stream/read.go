package stream

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// readNew reads what nobody has read and applies it; found says of which streams. It waits for entries only when
// nothing else waits for the consumer.
func (c *Consumer) readNew(ctx, bounded context.Context) (found map[string]bool, err error) {
	block, ok := c.block(bounded)
	if !ok {
		return nil, nil //nolint:nilnil // no time to read, and nothing found
	}
	var streams, newest []string
	for _, r := range c.readers {
		streams, newest = append(streams, r.stream), append(newest, ">")
	}
	// The read itself is not cut short: a reply that nobody takes is an entry that nobody applies.
	read, err := c.redis.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: c.group, Consumer: c.slot.name, Streams: append(streams, newest...),
		Count: int64(c.config.ConsumeBatch), Block: block,
	}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, err //nolint:wrapcheck // Run logs it with the group
	}
	found = map[string]bool{}
	for _, s := range read {
		for _, r := range c.readers {
			if r.stream != s.Stream {
				continue
			}
			found[s.Stream] = true
			if err := c.handle(ctx, bounded, r, entries(r.stream, s.Messages, nil)); err != nil {
				return found, err
			}
		}
	}
	return found, nil
}

// block is how long a read may wait; not ok when there is no time for one.
func (c *Consumer) block(bounded context.Context) (d time.Duration, ok bool) {
	deadline, _ := bounded.Deadline()
	left := time.Until(deadline)
	switch {
	case left < time.Millisecond: // 0 would block for ever
		return 0, false
	case len(c.condemned) > 0 || c.waiting():
		return -1, true
	}
	return min(c.config.ConsumeBlock, left), true
}

// entries makes entries of messages; deliveries holds how often each was delivered before, if ever.
func entries(stream string, messages []redis.XMessage, deliveries map[string]int64) []Entry {
	list := make([]Entry, 0, len(messages))
	for _, m := range messages {
		fields := make(map[string]string, len(m.Values))
		for name, value := range m.Values {
			fields[name], _ = value.(string) // go-redis reads every value as a string
		}
		list = append(list, Entry{ID: m.ID, Stream: stream, Fields: fields, deliveries: deliveries[m.ID]})
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
