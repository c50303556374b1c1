package stream

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// pages is how many pages of pending entries one look goes through; entries that are waiting for their
// next try must not hide the ones behind them for long.
const pages = 10

// crowded is after how many deliveries an entry is claimed by itself: what it was read with may be too much for the
// memory of a function, which leaves no other trace.
const crowded = 5

// takeUp claims and applies entries whose reader has been silent for a lease, and whose own backoff,
// which grows with their deliveries, has passed.
func (c *Consumer) takeUp(ctx, bounded context.Context, r reader) error {
	for from, page := "-", 0; page < pages && bounded.Err() == nil; page++ {
		pending, err := c.redis.XPendingExt(bounded, &redis.XPendingExtArgs{
			Stream: r.stream, Group: c.group, Idle: c.config.ConsumeLease,
			Start: from, End: "+", Count: int64(c.config.ConsumeBatch),
		}).Result()
		if errors.Is(err, redis.Nil) || len(pending) == 0 {
			return err //nolint:wrapcheck // Run logs it with the group
		}
		if err := c.claim(ctx, bounded, r, pending); err != nil {
			return err
		}
		from = "(" + pending[len(pending)-1].ID
	}
	return nil
}

// due returns the entries that have rested for long enough, in their order, and how often each was delivered.
func (c *Consumer) due(pending []redis.XPendingExt) (ids []string, deliveries map[string]int64) {
	deliveries = map[string]int64{}
	for _, p := range pending {
		if p.Idle >= c.backoff(p.ID, p.RetryCount) {
			ids, deliveries[p.ID] = append(ids, p.ID), p.RetryCount
		}
	}
	return ids, deliveries
}

func (c *Consumer) claim(ctx, bounded context.Context, r reader, pending []redis.XPendingExt) error {
	due, deliveries := c.due(pending)
	if len(due) == 0 {
		return nil
	}
	for _, ids := range portions(due, deliveries) {
		if err := c.claimTogether(ctx, bounded, r, ids, deliveries); err != nil || bounded.Err() != nil {
			return err
		}
	}
	return nil
}

// portions parts entries into those that are claimed together, in their order.
func portions(ids []string, deliveries map[string]int64) (list [][]string) {
	fit := false // the last one has room
	for _, id := range ids {
		alone := deliveries[id] >= crowded
		if fit && !alone {
			list[len(list)-1] = append(list[len(list)-1], id)
			continue
		}
		list, fit = append(list, []string{id}), !alone
	}
	return list
}

func (c *Consumer) claimTogether(ctx, bounded context.Context, r reader, ids []string, deliveries map[string]int64) error {
	messages, err := c.redis.XClaim(ctx, &redis.XClaimArgs{
		Stream: r.stream, Group: c.group, Consumer: c.slot.name, MinIdle: c.config.ConsumeLease, Messages: ids,
	}).Result()
	if err != nil {
		return err //nolint:wrapcheck // Run logs it with the group
	}
	claimed := entries(r.stream, messages, deliveries)
	if len(claimed) == 0 {
		return nil // another consumer was faster, or the entries are gone and with them their place in the list
	}
	return c.handle(ctx, bounded, r, claimed)
}
