package deadletter

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform"
)

// Queue is the name of the queue that carries the letters.
const Queue = "orders-dlq"

// Store counts the failures of a domain's events and buries them. Its errors are Postgres's.
type Store struct {
	db     *pgxpool.Pool
	queue  platform.Queue
	schema string
}

// Open opens the store of the domain whose schema and role have this name.
func Open(e *platform.Env, schema string) *Store {
	return &Store{db: e.Postgres(schema), queue: e.Queue(Queue), schema: schema}
}

// Failed counts one more failure of each letter's event, however often it is among them, and returns how many
// failures each has now.
func (s *Store) Failed(ctx context.Context, letters []Letter) (map[string]int, error) {
	letters = distinct(letters)
	ids, errs := make([]string, len(letters)), make([]string, len(letters))
	for i, l := range letters {
		ids[i], errs[i] = l.EventID, l.Error
	}
	rows, err := s.db.Query(ctx, `INSERT INTO `+s.schema+`.failures AS f (event_id, attempts, error)
		SELECT l.id, 1, l.error FROM unnest($1::uuid[], $2::text[]) l (id, error)
		ON CONFLICT (event_id) DO UPDATE SET attempts = f.attempts + 1, error = excluded.error, seen_at = now()
		RETURNING f.event_id::text, f.attempts`, ids, errs)
	return counts(rows, err)
}

// Replayed returns how often events that claim to have been replayed were; one that it does not name never was. Claims
// of more are audited.
func (s *Store) Replayed(ctx context.Context, claims map[string]int) (map[string]int, error) {
	ids, claimed := make([]string, 0, len(claims)), make([]int, 0, len(claims))
	for id, n := range claims {
		ids, claimed = append(ids, id), append(claimed, n)
	}
	rows, err := s.db.Query(ctx, `SELECT r.id::text, r.replays FROM ops.replays($1::uuid[], $2::int[]) r`, ids, claimed)
	return counts(rows, err)
}

// counts collects a number for each id.
func counts(rows pgx.Rows, err error) (map[string]int, error) {
	if err != nil {
		return nil, err
	}
	list, id, n := map[string]int{}, "", 0
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { list[id] = n; return nil })
	return list, err //nolint:wrapcheck // the consumer says what it was doing
}

// TakeBack uncounts one failure of an event: it was counted ahead, and was none.
func (s *Store) TakeBack(ctx context.Context, id string) error {
	var b pgx.Batch // one implicit transaction
	b.Queue(`DELETE FROM `+s.schema+`.failures f WHERE f.event_id = $1::uuid AND f.attempts = 1`, id)
	b.Queue(`UPDATE `+s.schema+`.failures f SET attempts = f.attempts - 1 WHERE f.event_id = $1::uuid`, id)
	return s.db.SendBatch(ctx, &b).Close() //nolint:wrapcheck // the consumer says what it was doing
}

// Forget ends the counting for events that were applied.
func (s *Store) Forget(ctx context.Context, ids []string) error {
	var b pgx.Batch
	s.forget(&b, ids)
	return s.db.SendBatch(ctx, &b).Close() //nolint:wrapcheck // the consumer says what it was doing
}

// forget locks the rows in the order of their ids, as every statement does: two consumers never wait for each
// other in a circle.
func (s *Store) forget(b *pgx.Batch, ids []string) {
	b.Queue(`DELETE FROM `+s.schema+`.failures f USING (
			SELECT l.event_id FROM `+s.schema+`.failures l WHERE l.event_id = ANY($1::uuid[]) ORDER BY l.event_id FOR UPDATE) l
		WHERE f.event_id = l.event_id`, ids)
}

// pruned is how many rows of a table Prune deletes at most: a transaction of some milliseconds.
const pruned = 1000

// Prune deletes some of what the schema's inbox and failures have kept for longer than keep, and says whether there
// may be more.
func (s *Store) Prune(ctx context.Context, keep time.Duration) (more bool, err error) {
	for _, table := range []string{"inbox", "failures"} {
		name := s.schema + "." + table
		tag, err := s.db.Exec(ctx, `DELETE FROM `+name+` t USING (
				SELECT o.event_id FROM `+name+` o WHERE o.seen_at < now() - $1::interval ORDER BY o.seen_at LIMIT $2 FOR UPDATE SKIP LOCKED) o
			WHERE t.event_id = o.event_id`, keep, pruned)
		if err != nil {
			return false, err //nolint:wrapcheck // the consumer says what it was doing
		}
		more = more || tag.RowsAffected() == pruned
	}
	return more, nil
}
