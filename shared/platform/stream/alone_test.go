package stream_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
)

// TestDeadlyEntry: an entry that kills whoever applies it is applied alone once it has been delivered very often. Each
// death counts, and after five it is buried without being applied once more. Who was beside it is applied.
func TestDeadlyEntry(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	var deaths atomic.Int32
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		for _, e := range entries {
			if e.Fields["text"] != "deadly" {
				continue
			}
			deaths.Add(1)
			if len(entries) != 1 {
				t.Errorf("applied with %d others", len(entries)-1)
			}
			runtime.Goexit() // as a crash, it leaves nothing behind but what was written
		}
		done.add(entries)
		return nil
	}
	id := uuid.NewString()
	b.leave(t, 20, map[string]string{"event_id": id, "text": "deadly"})
	for i := range 3 {
		b.leave(t, 20, map[string]string{"event_id": uuid.NewString(), "text": fmt.Sprint("beside ", i)})
	}
	for round := 1; round <= 5; round++ {
		c, died := b.consumer(t, nil), make(chan struct{})
		go func() {
			defer close(died)
			_ = c.Run(t.Context())
		}()
		<-died
		if n := b.count(t, `SELECT attempts FROM orders.failures WHERE event_id = $1`, id); n != round {
			t.Fatalf("%d failures after death %d", n, round)
		}
		pending, err := b.redis.XPending(t.Context(), name, group).Result()
		if err != nil {
			t.Fatal(err)
		}
		b.rest(t, pending.Lower, 20+round)
	}
	b.consume(t, nil)
	until(t, "it is buried", func() bool { return len(b.letters(t)) == 1 })
	until(t, "the others are applied", func() bool { return done.len() == 3 })
	b.want(t, 1, letter{
		EventID: id, Reader: group, Stream: name, Code: "failed", Error: "whoever applied it died", State: "dead", Attempts: 5, Queued: true,
	})
	if n := deaths.Load(); n != 5 {
		t.Errorf("%d deaths", n)
	}
}

// TestDeadlyEntry_innocent: an entry that was delivered very often and does no harm leaves no trace, and an outage while
// it is applied counts against it neither when it ends nor when the consumer's time does.
func TestDeadlyEntry_innocent(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	var tries, outages atomic.Int32
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		if tries.Add(1); outages.Add(-1) >= 0 {
			return fault.New(fault.Unavailable, "", "on purpose")
		}
		done.add(entries)
		return nil
	}
	b.leave(t, 50, map[string]string{"event_id": uuid.NewString(), "text": "innocent"})
	outages.Store(1 << 30)
	if err := b.consumer(t, map[string]string{"CONSUME_FOR": "3s"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := b.count(t, `SELECT count(*) FROM orders.failures`); n != 0 || tries.Load() < 5 {
		t.Errorf("%d failures after an outage of %d tries", n, tries.Load())
	}
	outages.Store(20)
	b.consume(t, map[string]string{"MAX_ATTEMPTS": "1"})
	until(t, "it is applied", func() bool { return done.count("innocent") == 1 })
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
	if n := b.count(t, `SELECT (SELECT count(*) FROM orders.failures) + (SELECT count(*) FROM ops.dead_letters)`); n != 0 {
		t.Errorf("%d rows tell of a failure", n)
	}
}

// TestDeadlyEntry_fails: an entry that fails when it is applied alone is one that failed, once for each time.
func TestDeadlyEntry_fails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var tries atomic.Int32
	b.apply = func(context.Context, []stream.Entry) error {
		tries.Add(1)
		return fmt.Errorf("failure %d", tries.Load())
	}
	b.leave(t, 20, map[string]string{"event_id": uuid.NewString(), "text": "bad"})
	b.consume(t, map[string]string{"MAX_ATTEMPTS": "3"})
	until(t, "it is buried", func() bool { return len(b.letters(t)) == 1 })
	if l := b.letters(t)[0]; l.Attempts != 3 || l.Error != "failure 3" || tries.Load() != 3 {
		t.Errorf("%+v after %d tries", l, tries.Load())
	}
}

// TestDeadlyEntry_slow: a transaction that always runs into Postgres's statement timeout is its entry's own failure
// when it is applied alone and that has just been counted. An outage counts as little as ever, and before the entry is
// suspected, so does the timeout.
func TestDeadlyEntry_slow(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	db := b.pg.As(t, group)
	var tries, outages atomic.Int32
	counts := map[string]bool{} // the transactions that counted a failure, as the tries found them
	b.apply = func(ctx context.Context, entries []stream.Entry) error {
		if entries[0].Fields["text"] != "slow" {
			done.add(entries)
			return nil
		}
		var count string
		if err := b.db.QueryRow(ctx, `SELECT coalesce(max(f.xmin::text), '') FROM orders.failures f`).Scan(&count); err != nil {
			return err
		}
		counts[count] = true
		if tries.Add(1); outages.Add(-1) >= 0 {
			return fault.New(fault.Unavailable, "", "on purpose")
		}
		return postgres.InTx(ctx, db, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `SET LOCAL statement_timeout = '20ms'`)
			if err == nil {
				_, err = tx.Exec(ctx, `SELECT pg_sleep(60)`)
			}
			return err
		})
	}
	id := uuid.NewString()
	b.leave(t, 1, map[string]string{"event_id": id, "text": "slow"})
	if err := b.consumer(t, map[string]string{"CONSUME_FOR": "3s"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := b.count(t, `SELECT count(*) FROM orders.failures`); n != 0 || tries.Load() < 2 {
		t.Errorf("%d failures of %d tries before it was suspected", n, tries.Load())
	}
	pending, err := b.redis.XPending(t.Context(), name, group).Result()
	if err != nil {
		t.Fatal(err)
	}
	b.rest(t, pending.Lower, 25)
	tries.Store(0)
	outages.Store(10)
	clear(counts)
	stop := b.consume(t, map[string]string{"MAX_ATTEMPTS": "3"})
	until(t, "it is buried", func() bool { return len(b.letters(t)) == 1 })
	if l := b.letters(t)[0]; l.EventID != id || l.Attempts != 3 || l.Code != "failed" || !strings.Contains(l.Error, "57014") || tries.Load() != 13 {
		t.Errorf("%+v after %d tries", l, tries.Load())
	}
	b.add(t, "after")
	until(t, "reading goes on", func() bool { return done.count("after") == 1 })
	if stop(); len(counts) != 13 {
		t.Errorf("%d counts for 13 tries", len(counts))
	}
}

// TestDeadlyEntry_deadline: a deadline of our own is no statement timeout, and counts against nobody.
func TestDeadlyEntry_deadline(t *testing.T) {
	t.Parallel()
	b := setup(t)
	db := b.pg.As(t, group)
	var tries atomic.Int32
	b.apply = func(ctx context.Context, _ []stream.Entry) error {
		tries.Add(1)
		bounded, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		_, err := db.Exec(bounded, `SELECT pg_sleep(60)`)
		return err
	}
	b.leave(t, 25, map[string]string{"event_id": uuid.NewString(), "text": "innocent"})
	if err := b.consumer(t, map[string]string{"CONSUME_FOR": "3s", "MAX_ATTEMPTS": "1"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := b.count(t, `SELECT (SELECT count(*) FROM orders.failures) + (SELECT count(*) FROM ops.dead_letters)`); n != 0 || tries.Load() < 2 {
		t.Errorf("%d rows tell of a failure after %d tries", n, tries.Load())
	}
}
