package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// trimEvery is often enough: a stream grows for an hour before any of it may go.
	trimEvery = time.Minute
	// trimmed and trims bound what one trim takes from a stream: Redis does nothing else meanwhile, and 10,000
	// entries cost it a few milliseconds. 200,000 a minute are more than all consumers read in the long run.
	trimmed = 10_000
	trims   = 20
)

// Trim takes from every stream what all its groups have finished and what is older than STREAM_KEEP. Of a stream
// that lacks the group of one of its readers, nothing goes: that reader has yet to read it from the beginning.
func (r *Relay) Trim(ctx context.Context) error {
	now, err := r.redis.Time(ctx).Result() // entries are dated by Redis's clock
	if err != nil {
		return err //nolint:wrapcheck // Run logs it
	}
	var failures []error
	for _, route := range r.routes {
		if err := r.trim(ctx, route, now); err != nil {
			failures = append(failures, fmt.Errorf("trimming %s: %w", route.Stream, err))
		}
	}
	return errors.Join(failures...)
}

func (r *Relay) trim(ctx context.Context, route Route, now time.Time) error {
	from, err := r.finished(ctx, route)
	if err != nil || from == (position{}) {
		return err
	}
	from = earlier(from, position{uint64(max(now.Add(-r.config.StreamKeep).UnixMilli(), 0)), 0}) //nolint:gosec // not below 0
	gone := int64(0)
	for range trims {
		n, err := r.redis.XTrimMinIDApprox(ctx, route.Stream, from.String(), trimmed).Result()
		if gone += n; err != nil {
			return err //nolint:wrapcheck // Trim says which stream
		}
		if n == 0 {
			break
		}
	}
	if gone > 0 {
		slog.InfoContext(ctx, "stream trimmed", "stream", route.Stream, "entries", gone, "from", from.String())
	}
	return nil
}

// finished returns before which position every group has read and acknowledged everything; the beginning when a
// reader has no group, or there is no stream.
func (r *Relay) finished(ctx context.Context, route Route) (position, error) {
	groups, err := r.redis.XInfoGroups(ctx, route.Stream).Result()
	if err != nil {
		if absent(err) {
			err = nil
		}
		return position{}, err //nolint:wrapcheck // Trim says which stream
	}
	missing := map[string]bool{}
	for _, reader := range route.Readers {
		missing[reader] = true
	}
	from := last
	for _, g := range groups {
		delete(missing, g.Name)
		p, err := r.reached(ctx, route.Stream, g)
		if err != nil {
			return position{}, err
		}
		from = earlier(from, p)
	}
	if len(missing) > 0 {
		return position{}, nil
	}
	return from, nil
}

// reached returns before which position a group has finished everything. What it was given is asked for first: an
// entry that it is given later lies behind what it had been given before.
func (r *Relay) reached(ctx context.Context, stream string, g redis.XInfoGroup) (position, error) {
	from, err := parsePosition(g.LastDeliveredID)
	if err != nil {
		return position{}, err
	}
	pending, err := r.redis.XPending(ctx, stream, g.Name).Result()
	if err != nil || pending.Count == 0 {
		return from, err //nolint:wrapcheck // Trim says which stream
	}
	oldest, err := parsePosition(pending.Lower)
	return earlier(from, oldest), err
}
