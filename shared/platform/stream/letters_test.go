package stream_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/inbox"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
)

func (b *bundle) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := b.db.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// send adds an entry as it is.
func (b *bundle) send(t testing.TB, fields map[string]string) (entry string) {
	t.Helper()
	entry, err := b.redis.XAdd(t.Context(), &redis.XAddArgs{Stream: name, Values: fields}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

// leave adds an entry and gives it to a reader that dies with it, after so many deliveries.
func (b *bundle) leave(t testing.TB, deliveries int, fields map[string]string) {
	t.Helper()
	_ = b.redis.XGroupCreateMkStream(t.Context(), name, group, "0").Err() // it may be there
	entry := b.send(t, fields)
	read := &redis.XReadGroupArgs{Group: group, Consumer: "dead", Streams: []string{name, ">"}, Block: -1}
	if err := b.redis.XReadGroup(t.Context(), read).Err(); err != nil {
		t.Fatal(err)
	}
	b.rest(t, entry, deliveries)
}

// rest lets a pending entry be one that nobody has touched for an hour.
func (b *bundle) rest(t testing.TB, entry string, deliveries int) {
	t.Helper()
	err := b.redis.Do(t.Context(), "XCLAIM", name, group, "dead", 0, entry, "IDLE", 3_600_000, "RETRYCOUNT", deliveries).Err()
	if err != nil {
		t.Fatal(err)
	}
}

// takes returns what a domain does with entries: it takes each event once, and then fails by the texts in broken.
func (b *bundle) takes(db *pgxpool.Pool, done *log, broken func(text string) error) func(context.Context, []stream.Entry) error {
	return func(ctx context.Context, entries []stream.Entry) error {
		var events []inbox.Event
		for _, e := range entries {
			l := deadletter.New(group, name, e.Fields, "", errors.New(""))
			events = append(events, inbox.Event{ID: l.EventID, Replays: l.Replays})
		}
		fresh := map[string]bool{}
		var applied []stream.Entry
		err := postgres.Exchange(ctx, db, func(b *pgx.Batch) {
			inbox.Queue(b, group, events).Query(func(rows pgx.Rows) error {
				var id string
				_, err := pgx.ForEachRow(rows, []any{&id}, func() error { fresh[id] = true; return nil })
				return err
			})
		}, func(*pgx.Batch) error {
			for i, e := range entries {
				if !fresh[events[i].ID] {
					continue
				}
				delete(fresh, events[i].ID)
				if err := broken(e.Fields["text"]); err != nil {
					return err
				}
				applied = append(applied, e)
			}
			return nil
		})
		if err == nil {
			done.add(applied)
		}
		return err
	}
}

// replayed does what a replay of a dead letter writes down.
func (b *bundle) replayed(t testing.TB, id string, count int) {
	t.Helper()
	if _, err := b.db.Exec(t.Context(), `UPDATE ops.dead_letters d SET state = 'replaying', replay_count = $2, due_at = now() WHERE d.event_id = $1`, id, count); err != nil {
		t.Fatal(err)
	}
}

// letter is a row of ops.dead_letters.
type letter struct {
	EventID, Reader, Stream, Code, Error, State string
	Attempts, Replays, Buried, Failures         int
	Queued                                      bool
}

func (b *bundle) letters(t testing.TB) []letter {
	t.Helper()
	rows, err := b.db.Query(t.Context(), `SELECT d.event_id::text, d.reader, d.stream, d.error_code, d.error, d.state, d.attempts, d.replay_count,
		coalesce((SELECT i.buried FROM orders.inbox i WHERE i.event_id = d.event_id), -1),
		(SELECT count(*) FROM orders.failures), d.queued_at IS NOT NULL FROM ops.dead_letters d ORDER BY d.event_id`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[letter])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (b *bundle) want(t testing.TB, messages int, want ...letter) {
	t.Helper()
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
	if diff := cmp.Diff(want, b.letters(t)); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
	if n := len(b.queue.Bodies()); n != messages {
		t.Errorf("%d messages, want %d", n, messages)
	}
}
