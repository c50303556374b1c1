package ops

import (
	"context"
	"log/slog"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
)

// Pick says which dead letters to replay: those of IDs, or else the oldest that wait, Max at the most.
type Pick struct {
	IDs       []uuid.UUID // nil for all that wait
	ErrorCode string      // only letters that failed so; empty for any
	Max       int
	DryRun    bool // only say which
	Actor     string
}

// Replay is what Replay did, or with DryRun would do.
type Replay struct {
	Letters  []Letter // as they stand now
	Repeated int      // of them, those whose last replay was sent once more
	Left     int      // letters that were found and are too big to be sent together with these
}

// Replay sends the picked letters' events again: those of IDs all or none, of others fewer when they are big, one at the least.
// NotFound when an id has no letter, Conflict when one is resolved or discarded, Invalid when those of IDs are too big to be sent
// together, Unavailable when Redis or Postgres does not answer; then some may have been sent
// all the same, and will be once more, which their readers notice.
func (s *Service) Replay(ctx context.Context, p Pick) (r Replay, err error) {
	defer fault.Wrap(&err, "ops.Replay(%d ids, %q, max %d)", len(p.IDs), p.ErrorCode, p.Max)
	if p.DryRun {
		letters, err := lettersPicked(ctx, s.db, p)
		if err == nil {
			r, err = p.replay(letters)
		}
		return r, err
	}
	return s.replay(ctx, func(b *pgx.Batch, letters *[]Letter) { askPicked(b, p, letters) }, p)
}

// ReplayDue replays what is due: letters whose patience is over, and replays that nobody has confirmed. It answers
// how many of max there were. Unavailable as Replay.
func (s *Service) ReplayDue(ctx context.Context, limit int) (r Replay, err error) {
	defer fault.Wrap(&err, "ops.ReplayDue(%d)", limit)
	return s.replay(ctx, func(b *pgx.Batch, letters *[]Letter) { askDue(b, limit, letters) }, Pick{})
}

// replay locks letters, sends them, and only then writes down that it did: a crash in between sends them once more.
func (s *Service) replay(ctx context.Context, ask func(*pgx.Batch, *[]Letter), p Pick) (r Replay, err error) {
	var letters []Letter
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) { ask(b, &letters) }, func(b *pgx.Batch) (err error) {
		if r, err = p.replay(letters); err != nil || len(r.Letters) == 0 {
			return err
		}
		updateReplayed(b, r.Letters)
		if p.Actor != "" {
			insertAudit(b, p.Actor, "dlq.replay", r.Letters, Letter.counted)
		}
		return s.send(ctx, r.Letters)
	})
	if err != nil {
		return Replay{}, err
	}
	return r, nil
}

// replay decides which of the letters found are sent, and how they stand then.
func (p Pick) replay(found []Letter) (r Replay, err error) {
	if err := known(p.IDs, found); err != nil {
		return r, err
	}
	for _, l := range found {
		if err := l.mayReplay(); err != nil {
			return Replay{}, err
		}
		if p.ErrorCode != "" && p.ErrorCode != l.ErrorCode {
			continue
		}
		if l.EnvelopeCut {
			r.Left++
			continue
		}
		if l.State == Replaying {
			r.Repeated++
		}
		r.Letters = append(r.Letters, l.replayed())
	}
	if p.IDs != nil && r.Left > 0 {
		return Replay{}, fault.At("body.ids", "name letters that are too big to be replayed together; name fewer")
	}
	return r, nil
}

func (s *Service) send(ctx context.Context, letters []Letter) error {
	messages := make([]stream.Message, len(letters))
	for i, l := range letters {
		messages[i] = l.message()
	}
	if err := stream.Append(ctx, s.redis, messages); err != nil {
		return err //nolint:wrapcheck // the use case says what it was doing
	}
	slog.InfoContext(ctx, "dead letters replayed", "letters", len(letters))
	return nil
}
