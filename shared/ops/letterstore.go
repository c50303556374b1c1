package ops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// standingColumns are those of Letter but for the envelope's two.
const standingColumns = `d.event_id, d.reader, d.stream, d.order_id, d.error_code, d.error, d.attempts, d.replay_count, d.sends,
	d.state, d.due_at, d.first_seen, d.last_seen`

// letterQuery selects Letters for people, big envelopes cut; what follows says which.
const letterQuery = `SELECT ` + standingColumns + `, coalesce(d.excerpt, d.envelope), d.excerpt IS NOT NULL FROM ops.dead_letters d `

// namedQuery selects Letters without their envelopes and takes ids; its order is that of every statement that waits for
// locks of several letters.
const namedQuery = `SELECT ` + standingColumns + `, NULL::json, true FROM ops.dead_letters d
	WHERE d.event_id = ANY($1) ORDER BY d.event_id, d.reader`

func collect(letters *[]Letter) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*letters, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Letter])
		return err //nolint:wrapcheck // the use case says what it was doing
	}
}

func letters(ctx context.Context, db *pgxpool.Pool, query string, arguments ...any) (list []Letter, err error) {
	rows, err := db.Query(ctx, query, arguments...)
	if err == nil {
		err = collect(&list)(rows)
	}
	return list, err //nolint:wrapcheck // the use case says what it was doing
}

// askNamed queues the locking of letters, which it waits for.
func askNamed(b *pgx.Batch, ids []uuid.UUID, letters *[]Letter) {
	b.Queue(namedQuery+` FOR UPDATE`, ids).Query(collect(letters))
}

// letterPage reads letters from behind a place on, the latest first.
func letterPage(ctx context.Context, db *pgxpool.Pool, f LetterFilter, after place) ([]Letter, error) {
	return letters(ctx, db, letterQuery+`WHERE d.state = $1 AND ($2 = '' OR d.error_code = $2)
		AND (d.first_seen, d.event_id, d.reader) < ($3, $4, $5)
		ORDER BY d.first_seen DESC, d.event_id DESC, d.reader DESC LIMIT $6`,
		string(f.State), f.ErrorCode, after.firstSeen, after.eventID, after.reader, f.Limit)
}

// keys are the primary keys of letters, column by column.
func keys(letters []Letter) (ids []uuid.UUID, readers []string) {
	for _, l := range letters {
		ids, readers = append(ids, l.EventID), append(readers, l.Reader)
	}
	return ids, readers
}

// updateReplayed writes how letters stand that were locked and are being sent.
func updateReplayed(b *pgx.Batch, letters []Letter) {
	ids, readers := keys(letters)
	counts, sends, waits := make([]int, len(letters)), make([]int, len(letters)), make([]time.Duration, len(letters))
	for i, l := range letters {
		counts[i], sends[i], waits[i] = l.ReplayCount, l.Sends, confirmWithin(l.Sends)
	}
	b.Queue(`UPDATE ops.dead_letters d SET state = 'replaying', replay_count = r.replay_count, sends = r.sends, due_at = now() + r.wait
		FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::interval[]) r (event_id, reader, replay_count, sends, wait)
		WHERE d.event_id = r.event_id AND d.reader = r.reader`, ids, readers, counts, sends, waits)
}

// updateDiscarded writes how letters stand that were locked and are given up, and when: from then on they are kept for
// a while.
func updateDiscarded(b *pgx.Batch, letters []Letter) {
	ids, readers := keys(letters)
	counts := make([]int, len(letters))
	for i, l := range letters {
		counts[i] = l.ReplayCount
	}
	b.Queue(`UPDATE ops.dead_letters d SET state = 'discarded', replay_count = r.replay_count, due_at = NULL, last_seen = now()
		FROM unnest($1::uuid[], $2::text[], $3::int[]) r (event_id, reader, replay_count)
		WHERE d.event_id = r.event_id AND d.reader = r.reader`, ids, readers, counts)
}

func updateQueued(ctx context.Context, db *pgxpool.Pool, letters []Letter) error {
	ids, readers := keys(letters)
	_, err := db.Exec(ctx, `WITH sent AS (SELECT d.event_id, d.reader FROM ops.dead_letters d
			JOIN unnest($1::uuid[], $2::text[]) r (event_id, reader) ON d.event_id = r.event_id AND d.reader = r.reader
			ORDER BY d.event_id, d.reader FOR UPDATE OF d)
		UPDATE ops.dead_letters d SET queued_at = now() FROM sent s WHERE d.event_id = s.event_id AND d.reader = s.reader`, ids, readers)
	return err //nolint:wrapcheck // the use case says what it was doing
}

// standing reads how the letters of messages stand, and how long it is until each is due.
func standing(ctx context.Context, db *pgxpool.Pool, of []letterKey) (map[letterKey]stand, error) {
	ids, readers := make([]uuid.UUID, len(of)), make([]string, len(of))
	for i, k := range of {
		ids[i], readers[i] = k.eventID, k.reader
	}
	rows, err := db.Query(ctx, `SELECT d.event_id, d.reader, d.state, greatest(coalesce(d.due_at - now(), interval '0'), interval '0')
		FROM ops.dead_letters d JOIN unnest($1::uuid[], $2::text[]) r (event_id, reader) ON d.event_id = r.event_id AND d.reader = r.reader`, ids, readers)
	if err != nil {
		return nil, err //nolint:wrapcheck // the use case says what it was doing
	}
	known := map[letterKey]stand{}
	var k letterKey
	var s stand
	_, err = pgx.ForEachRow(rows, []any{&k.eventID, &k.reader, &s.state, &s.due}, func() error { known[k] = s; return nil })
	return known, err //nolint:wrapcheck // the use case says what it was doing
}
