package ops

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
)

// StreamState is how a stream stands.
type StreamState struct {
	Stream string
	Length int64
	Groups []GroupState
}

// GroupState is how a stream's readers stand.
type GroupState struct {
	Group

	OldestPending time.Duration // age of the oldest entry that was read and not finished
	Consumers     int64
}

// Streams asks Redis about every stream, in two round trips. A stream that nobody has written to yet is empty.
// Unavailable when Redis does not answer.
func (s *Service) Streams(ctx context.Context) (list []StreamState, err error) {
	defer fault.Wrap(&err, "ops.Streams()")
	pipe := s.redis.Pipeline()
	clock := pipe.Time(ctx)
	lengths, groups := map[string]*redis.IntCmd{}, map[string]*redis.XInfoGroupsCmd{}
	for _, e := range event.Streams() {
		lengths[e.Name], groups[e.Name] = pipe.XLen(ctx, e.Name), pipe.XInfoGroups(ctx, e.Name)
	}
	_, _ = pipe.Exec(ctx) // it repeats the first error of any, and one of a stream is no outage
	now, err := clock.Result()
	if err != nil {
		return nil, fmt.Errorf("asking Redis: %w", err)
	}
	for _, e := range event.Streams() {
		state := StreamState{Stream: e.Name, Length: lengths[e.Name].Val()}
		for _, g := range groups[e.Name].Val() {
			state.Groups = append(state.Groups, GroupState{Group: Group{e.Name, g.Name, g.Lag, g.Pending}, Consumers: g.Consumers})
		}
		list = append(list, state)
	}
	return list, oldest(ctx, s.redis, now, list)
}

// oldest fills in the age of every group's oldest pending entry.
func oldest(ctx context.Context, r *redis.Client, now time.Time, list []StreamState) error {
	pipe := r.Pipeline()
	asked := map[*GroupState]*redis.XPendingCmd{}
	for _, s := range list {
		for i := range s.Groups {
			if g := &s.Groups[i]; g.Pending > 0 {
				asked[g] = pipe.XPending(ctx, g.Stream, g.Name)
			}
		}
	}
	if len(asked) == 0 {
		return nil
	}
	ping := pipe.Ping(ctx)
	_, _ = pipe.Exec(ctx) // a group that has gone since is no outage
	for g, answer := range asked {
		if pending := answer.Val(); pending != nil && pending.Count > 0 {
			g.OldestPending = max(now.Sub(written(pending.Lower)), 0)
		}
	}
	return ping.Err() //nolint:wrapcheck // Streams says what it was doing
}

// written reads from an entry's id when Redis took it.
func written(id string) time.Time {
	milliseconds, _, _ := strings.Cut(id, "-")
	n, _ := strconv.ParseInt(milliseconds, 10, 64) // Redis's own
	return time.UnixMilli(n)
}
