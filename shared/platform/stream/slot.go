package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// slots is how many consumers of a group run at once: the reserved concurrency of its function.
const slots = 2

// slot is a consumer's name in its group. Names are few and fixed, for Redis remembers every name
// for ever. Nothing depends on two consumers having different ones.
type slot struct{ name, key string }

// hold takes a free slot, or keeps the one that it has.
func (s *slot) hold(ctx context.Context, r *redis.Client, group string, lease time.Duration) error {
	if s.key != "" {
		return r.SetArgs(ctx, s.key, 1, redis.SetArgs{TTL: lease}).Err() //nolint:wrapcheck // Run logs it
	}
	for i := range slots {
		key := fmt.Sprintf("slot:%s:%d", group, i)
		free, err := r.SetNX(ctx, key, 1, lease).Result()
		if err != nil {
			return err //nolint:wrapcheck // Run logs it
		}
		if s.name = fmt.Sprintf("%s-%d", group, i); free {
			s.key = key
			return nil
		}
	}
	return nil
}

// free gives the slot back, best effort.
func (s *slot) free(ctx context.Context, r *redis.Client) {
	if s.key != "" {
		_ = r.Del(ctx, s.key).Err()
		s.key = ""
	}
}
