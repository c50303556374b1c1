package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// heal puts aside every stream that can never take an entry again: a key that is no stream, or one that holds the
// last position there is. Both are somebody's doing, and would stop the stream for ever. What was in it and not
// confirmed is published again at once; the groups come again with their readers.
func (r *Relay) heal(ctx context.Context) error {
	pipe := r.redis.Pipeline()
	looks := make([]*redis.XInfoStreamCmd, len(r.routes))
	for i, route := range r.routes {
		looks[i] = pipe.XInfoStream(ctx, route.Stream)
	}
	_, _ = pipe.Exec(ctx) // each has its own error
	var failures []error
	for i, route := range r.routes {
		stuck, err := broken(looks[i])
		if stuck {
			err = r.putAside(ctx, route)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("stream %s: %w", route.Stream, err))
		}
	}
	return errors.Join(failures...)
}

// broken says whether a stream can never take an entry again.
func broken(look *redis.XInfoStreamCmd) (bool, error) {
	info, err := look.Result()
	switch {
	case err == nil:
		return info.LastGeneratedID == last.String(), nil
	case strings.HasPrefix(err.Error(), "WRONGTYPE"):
		return true, nil
	case strings.Contains(err.Error(), "no such key"):
		return false, nil
	}
	return false, err //nolint:wrapcheck // heal says which stream
}

// putAside renames a broken stream, unless another relay has done so. The rows are due before: a relay that dies in
// between leaves a stream that the next one finds broken.
func (r *Relay) putAside(ctx context.Context, route Route) error {
	aside := fmt.Sprintf("%s:broken:%d", route.Stream, time.Now().Unix())
	err := r.redis.Watch(ctx, func(tx *redis.Tx) error {
		stuck, err := broken(tx.XInfoStream(ctx, route.Stream))
		if err != nil || !stuck {
			return err
		}
		if err := r.makeDue(ctx, route.Writer, route.Stream); err != nil {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Rename(ctx, route.Stream, aside); return nil })
		if err == nil {
			slog.ErrorContext(ctx, "a stream that could take no more entries was put aside", "stream", route.Stream, "as", aside)
		}
		return err //nolint:wrapcheck // heal says which stream
	}, route.Stream)
	if errors.Is(err, redis.TxFailedErr) {
		return nil // another relay was faster
	}
	return err //nolint:wrapcheck // heal says which stream
}
