package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/fault"
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

// TestDeadLetter_once: an entry that fails whenever it is applied, delivered 10 times over, is one dead letter; so is
// what comes of it later. Its replay fails and is the same letter; the next one succeeds and ends it.
func TestDeadLetter_once(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	var healed atomic.Bool
	b.apply = b.takes(b.pg.As(t, group), done, func(text string) error {
		if text == "poison" && !healed.Load() {
			return errors.New("on purpose \x00\xff")
		}
		return nil
	})
	id := uuid.NewString()
	for range 10 {
		b.send(t, map[string]string{"event_id": strings.ToUpper(id), "text": "poison", "bytes": "\xff\x00", "order_id": "7"})
		b.add(t, "good "+uuid.NewString())
	}
	b.consume(t, nil)
	want := letter{EventID: id, Reader: group, Stream: name, Code: "failed", Error: "on purpose \ufffd\ufffd", State: "dead", Attempts: 5, Queued: true}
	until(t, "it is buried", func() bool { return len(b.letters(t)) == 1 })
	b.want(t, 1, want)
	for range 10 {
		b.send(t, map[string]string{"event_id": id, "text": "poison", "replay_count": "0"})
	}
	b.add(t, "after")
	until(t, "reading goes on", func() bool { return done.count("after") == 1 })
	b.want(t, 1, want)

	l, err := deadletter.Parse(b.queue.Bodies()[0])
	if err != nil || l.EventID != id || l.Fields["bytes"] != "\xff\x00" || l.OrderID != 7 {
		t.Fatalf("message %+v, %v", l, err)
	}
	b.send(t, l.Again())
	until(t, "the replay fails", func() bool { return b.letters(t)[0].Replays == 1 })
	want.Replays, want.Buried = 1, 1
	b.want(t, 1, want)
	healed.Store(true)
	l.Replays = 1
	for range 3 { // a replay may come twice too
		b.send(t, l.Again())
	}
	until(t, "the replay is applied", func() bool { return done.count("poison") == 1 })
	want.State, want.Buried = "resolved", -1
	b.want(t, 1, want)
	if n := done.count("poison"); n != 1 {
		t.Errorf("applied %d times", n)
	}
}

// TestDeadLetter_malformed: what nobody can have sent is buried at once, all of a batch together, one letter for each
// event; an event that was applied is not touched.
func TestDeadLetter_malformed(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.valid = func(e stream.Entry) error {
		if e.Fields["text"] == "malformed" {
			return fmt.Errorf("valid: %w", fault.New(fault.Invalid, e.Fields["code"], "Nobody sends this."))
		}
		return nil
	}
	b.apply = b.takes(b.pg.As(t, group), done, func(string) error { return nil })
	ids := []string{"00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003"}
	for range 10 {
		b.send(t, map[string]string{"event_id": ids[0], "text": "malformed"})
		b.send(t, map[string]string{"event_id": ids[1], "text": "malformed", "code": "no_lines"})
		b.send(t, map[string]string{"event_id": "no UUID", "text": "malformed"})
	}
	b.send(t, map[string]string{"event_id": ids[2], "text": "good"})
	b.consume(t, nil)
	until(t, "they are buried", func() bool { return len(b.letters(t)) == 3 })
	until(t, "the good one is applied", func() bool { return done.count("good") == 1 })
	b.send(t, map[string]string{"event_id": ids[2], "text": "malformed"})
	b.send(t, map[string]string{"event_id": ids[0], "text": "malformed"})
	until(t, "the forged copy is buried", func() bool { return len(b.letters(t)) == 4 })
	derived := deadletter.ID(name, map[string]string{"event_id": "no UUID", "text": "malformed"})
	l := letter{Reader: group, Stream: name, Code: "malformed", Error: "valid: Nobody sends this.", State: "dead", Attempts: 1, Queued: true}
	want := []letter{l, l, l, l}
	want[0].EventID, want[1].EventID, want[2].EventID, want[3].EventID = ids[0], ids[1], ids[2], derived
	want[1].Code, want[2].Buried = "no_lines", -1
	if derived < ids[0] {
		want = []letter{want[3], want[0], want[1], want[2]}
	}
	b.want(t, 4, want...)
}

// TestDeadLetter_refused: what Apply refuses is buried at once, and costs the others nothing.
func TestDeadLetter_refused(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	var calls atomic.Int32
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		calls.Add(1)
		refused := stream.Refused{}
		for _, e := range entries {
			if e.Fields["text"] == "refused" {
				refused[e.ID] = fault.New(fault.Invalid, "no_such_product", "There is none.")
			}
		}
		if len(refused) > 0 {
			return fmt.Errorf("apply: %w", refused)
		}
		done.add(entries)
		return nil
	}
	for i := range 20 {
		b.add(t, fmt.Sprint(i))
		b.send(t, map[string]string{"event_id": uuid.NewString(), "text": "refused"})
	}
	b.consume(t, nil)
	until(t, "they are buried", func() bool { return len(b.letters(t)) == 20 })
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
	for _, l := range b.letters(t) {
		if l.Code != "no_such_product" || l.Attempts != 1 || l.Buried != 0 || l.Failures != 0 {
			t.Errorf("%+v", l)
		}
	}
	if done.len() != 20 || calls.Load() != 2 {
		t.Errorf("%d applied in %d calls, want 20 in 2", done.len(), calls.Load())
	}
}

// TestDeadLetter_refusedNobody: a Refused that names no entry of the batch is a failure like any other.
func TestDeadLetter_refusedNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply = func(context.Context, []stream.Entry) error { return stream.Refused{"1-1": errors.New("x")} }
	b.send(t, map[string]string{"event_id": uuid.NewString(), "text": "a"})
	b.consume(t, map[string]string{"MAX_ATTEMPTS": "2"})
	until(t, "it is buried", func() bool { return len(b.letters(t)) == 1 })
	if l := b.letters(t)[0]; l.Attempts != 2 || l.Code != "failed" {
		t.Errorf("%+v", l)
	}
}

// TestDeadLetter_queueAway: while SQS is away, letters are acknowledged all the same; their rows say what is missing,
// and a later copy brings it.
func TestDeadLetter_queueAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.valid = func(stream.Entry) error { return errors.New("malformed") }
	b.queue.Away(func(ctx context.Context) { <-ctx.Done() }) // it hangs until it is given up
	fields := []map[string]string{{"event_id": uuid.NewString()}, {"event_id": uuid.NewString()}}
	b.send(t, fields[0])
	b.send(t, fields[1])
	b.consume(t, nil)
	until(t, "both are buried", func() bool { return b.count(t, `SELECT count(*) FROM ops.dead_letters WHERE queued_at IS NULL`) == 2 })
	until(t, "both are acknowledged", func() bool { return b.pending(t) == 0 })
	b.queue.Away(nil)
	b.send(t, fields[0])
	until(t, "the message of one is sent", func() bool { return b.count(t, `SELECT count(*) FROM ops.dead_letters WHERE queued_at IS NULL`) == 1 })
	if n := len(b.queue.Bodies()); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// TestDeadLetter_crash: whoever dies between burial and acknowledgement, or between message and note, leaves an entry
// that is buried again: one letter, and at most a second message.
func TestDeadLetter_crash(t *testing.T) {
	t.Parallel()
	for where, messages := range map[string]int{"before the acknowledgement": 1, "before the note": 2, "before the message": 1} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.valid = func(stream.Entry) error { return errors.New("malformed") }
			fields := map[string]string{"event_id": uuid.NewString()}
			b.leave(t, 1, fields)
			l := deadletter.New(group, name, fields, deadletter.Malformed, errors.New("malformed"))
			if where == "before the message" {
				b.queue.Away(func(context.Context) {})
			}
			if err := deadletter.Open(b.env(t, nil), group).Bury(t.Context(), []deadletter.Letter{l}); err != nil {
				t.Fatal(err)
			}
			b.queue.Away(nil)
			if where == "before the note" {
				if _, err := b.db.Exec(t.Context(), `UPDATE ops.dead_letters SET queued_at = NULL`); err != nil {
					t.Fatal(err)
				}
			}
			b.consume(t, nil)
			until(t, "the row says that it was sent", func() bool { return b.pending(t) == 0 && b.letters(t)[0].Queued })
			b.want(t, messages, letter{
				EventID: l.EventID, Reader: group, Stream: name, Code: "malformed", Error: "malformed", State: "dead", Queued: true,
			})
		})
	}
}
