package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// ahead is how far a stream's ids may be ahead of Redis's clock. The clocks of two servers, between which a
	// failover changes, differ by seconds; an hour costs no more than that the stream is trimmed an hour late.
	ahead = time.Hour
	// noted is how long the note of a renaming stays, which two relays must not do at once: far longer than the
	// round trips that it takes.
	noted = time.Minute
)

// heal looks at every stream, all in one round trip, and puts right what would stop one for ever and is somebody's
// doing, or that of a clock: a stream that is broken is put aside, and a reader's group that stands beyond the end
// of its stream reads it again from the beginning. A stream that does not exist is in order.
func (r *Relay) heal(ctx context.Context) error {
	pipe := r.redis.Pipeline()
	looks := make([]look, len(r.routes))
	for i, route := range r.routes {
		looks[i] = lookAt(ctx, pipe, route.Stream)
	}
	_, _ = pipe.Exec(ctx) // each has its own error
	var failures []error
	for i, route := range r.routes {
		if err := r.mend(ctx, route, looks[i]); err != nil {
			failures = append(failures, fmt.Errorf("stream %s: %w", route.Stream, err))
		}
	}
	return errors.Join(failures...)
}

func (r *Relay) mend(ctx context.Context, route Route, l look) error {
	stuck, err := l.broken()
	if err != nil {
		return err
	}
	if stuck {
		return r.putAside(ctx, route)
	}
	groups, err := l.beyond(route.Readers)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := r.redis.XGroupSetID(ctx, route.Stream, g.Name, "0").Err(); err != nil {
			return fmt.Errorf("group %s: %w", g.Name, err)
		}
		slog.ErrorContext(ctx, "a group that stood beyond the end of its stream was set back to the beginning",
			"stream", route.Stream, "group", g.Name, "stood", g.LastDeliveredID)
	}
	return nil
}

// look is what Redis says of a stream.
type look struct {
	now    *redis.TimeCmd
	groups *redis.XInfoGroupsCmd
	last   *redis.Cmd // the last id that it has given
}

// lastID is all that is wanted of XINFO STREAM, which answers the first and the last entry too, however long they are.
const lastID = `local info, i = redis.pcall('XINFO', 'STREAM', KEYS[1]), 1
	if info.err then return info end
	while info[i] and info[i] ~= 'last-generated-id' do i = i + 2 end
	return info[i + 1]`

// lookAt asks for the groups before the end: what a group reads in between is not beyond the end that is seen.
func lookAt(ctx context.Context, p redis.Pipeliner, stream string) look {
	return look{p.Time(ctx), p.XInfoGroups(ctx, stream), p.EvalRO(ctx, lastID, []string{stream})}
}

// broken says whether a stream can never take an entry again, or gives its entries ids of a time to come: every later
// id would start there, and nothing be old enough to be trimmed.
func (l look) broken() (bool, error) {
	last, err := l.last.Text()
	switch {
	case err == nil:
	case strings.HasPrefix(err.Error(), "WRONGTYPE"):
		return true, nil
	case absent(err):
		return false, nil
	default:
		return false, err //nolint:wrapcheck // heal says which stream
	}
	now, err := l.now.Result()
	if err != nil {
		return false, err //nolint:wrapcheck // heal says which stream
	}
	end, err := parsePosition(last)
	return position{uint64(max(now.Add(ahead).UnixMilli(), 0)), 0}.before(end), err //nolint:gosec // not below 0
}

// beyond returns those of the readers' groups that will be given nothing until the stream's ids reach them.
func (l look) beyond(readers []string) (list []redis.XInfoGroup, err error) {
	groups, err := l.groups.Result()
	if err == nil {
		err = l.last.Err()
	}
	if err != nil {
		if absent(err) {
			err = nil
		}
		return nil, err //nolint:wrapcheck // heal says which stream
	}
	last, _ := l.last.Text()
	end, err := parsePosition(last)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		at, err := parsePosition(g.LastDeliveredID)
		if err != nil {
			return nil, err
		}
		if end.before(at) && slices.Contains(readers, g.Name) {
			list = append(list, g)
		}
	}
	return list, nil
}

// absent says whether Redis refused a question because there is no such stream.
func absent(err error) bool { return strings.Contains(err.Error(), "no such key") }

// putAside renames a broken stream, unless another relay has done so: what that one has begun anew is not broken, and
// who looked before sees his transaction fail by its note. (The stream itself is not watched: one that still takes
// entries changes all the time.) What was in it and not confirmed is published again at once; the groups come again
// with their readers. The rows are due before: a relay that dies in between leaves a stream that the next one finds
// broken.
func (r *Relay) putAside(ctx context.Context, route Route) error {
	if err := r.makeDue(ctx, route.Writer, route.Stream); err != nil {
		return err
	}
	note, aside := "relay:aside:"+route.Stream, fmt.Sprintf("%s:broken:%d", route.Stream, time.Now().Unix())
	err := r.redis.Watch(ctx, func(tx *redis.Tx) error {
		pipe := tx.Pipeline()
		l := lookAt(ctx, pipe, route.Stream)
		_, _ = pipe.Exec(ctx) // each has its own error
		stuck, err := l.broken()
		if err != nil || !stuck {
			return err
		}
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, note, aside, noted)
			p.Rename(ctx, route.Stream, aside)
			return nil
		})
		if err == nil {
			slog.ErrorContext(ctx, "a broken stream was put aside", "stream", route.Stream, "as", aside)
		}
		return err //nolint:wrapcheck // heal says which stream
	}, note)
	if errors.Is(err, redis.TxFailedErr) {
		return nil // another relay was faster
	}
	return err //nolint:wrapcheck // heal says which stream
}
