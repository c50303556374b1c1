package stream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mercato/shared/platform/stream"
)

func (b *bundle) chore(every time.Duration, after string, do func(context.Context) error) {
	b.chores = append(b.chores, stream.Chore[*bundle]{
		Every: every, After: after, Do: func(_ *bundle, ctx context.Context) error { return do(ctx) },
	})
}

// TestChore_after: a chore that waits for a stream does not run while anything in it is unread, and what the look for
// it reads is applied.
func TestChore_after(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.apply = func(_ context.Context, entries []stream.Entry) error { done.add(entries); return nil }
	applied := make(chan int, 1)
	var once sync.Once
	b.chore(time.Millisecond, name, func(context.Context) error {
		once.Do(func() { applied <- done.len() })
		return nil
	})
	for i := range 1000 {
		b.add(t, fmt.Sprint(i))
	}
	b.consume(t, map[string]string{"CONSUME_BATCH": "7"})
	if n := <-applied; n != 1000 {
		t.Errorf("the chore ran after %d of 1000 entries", n)
	}
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
}

// TestChore_afterTheOther: what another consumer has read and not yet applied, the chore waits for too; an entry that
// waits for its next try holds up nobody
// for long.
func TestChore_afterTheOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	var begin sync.Once
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		if entries[0].Fields["text"] == "bad" {
			return errors.New("on purpose")
		}
		begin.Do(func() { close(begun) })
		<-finish
		return nil
	}
	release := sync.OnceFunc(func() { close(finish) })
	t.Cleanup(release)
	patient := map[string]string{"RETRY_BASE": "100000h", "RETRY_CAP": "100000h"} // the bad entry's next try never comes
	b.add(t, "slow")
	b.consume(t, patient)
	<-begun
	var waits, free atomic.Int32
	b.chore(time.Millisecond, name, func(context.Context) error { waits.Add(1); return nil })
	b.chore(time.Millisecond, "", func(context.Context) error { free.Add(1); return nil })
	b.consume(t, patient)
	until(t, "the other chore runs", func() bool { return free.Load() > 5 })
	if n := waits.Load(); n != 0 {
		t.Errorf("ran %d times while the other consumer had an entry in hand", n)
	}
	release()
	until(t, "it runs", func() bool { return waits.Load() > 0 })
	b.add(t, "bad")
	until(t, "the bad entry has failed", func() bool { return b.count(t, `SELECT count(*) FROM orders.failures`) == 1 })
	now := waits.Load()
	until(t, "it runs while a bad entry rests", func() bool { return waits.Load() > now })
}

// TestChore_afterTheDead: an entry whose lease has ended and that is about to be taken up holds the chore off; one that
// has rested for much longer does not.
func TestChore_afterTheDead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply = func(context.Context, []stream.Entry) error { return nil }
	b.leave(t, 1, map[string]string{"text": "left"})
	left, err := b.redis.XPending(t.Context(), name, group).Result()
	if err != nil {
		t.Fatal(err)
	}
	var idle atomic.Int64 // of the entry, in milliseconds, when the chore looks
	idle.Store(10_001)
	var looks, runs atomic.Int32
	b.chore(time.Millisecond, "", func(ctx context.Context) error { // runs before the other
		looks.Add(1)
		return b.redis.Do(ctx, "XCLAIM", name, group, "dead", 0, left.Lower, "IDLE", idle.Load(), "JUSTID").Err()
	})
	b.chore(time.Millisecond, name, func(context.Context) error { runs.Add(1); return nil })
	b.consume(t, map[string]string{"CONSUME_LEASE": "10s", "RETRY_BASE": "100000h", "RETRY_CAP": "100000h"}) // it is not taken up
	until(t, "it has looked often", func() bool { return looks.Load() > 20 })
	if n := runs.Load(); n != 0 {
		t.Errorf("ran %d times while an entry was about to be taken up", n)
	}
	idle.Store(60_000)
	until(t, "it runs", func() bool { return runs.Load() > 0 })
}

// TestChore_every: a chore runs at most so often, has a bounded time, and its failure ends nothing.
func TestChore_every(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.apply = func(_ context.Context, entries []stream.Entry) error { done.add(entries); return nil }
	var rare, often atomic.Int32
	b.chore(time.Hour, "", func(context.Context) error { rare.Add(1); return errors.New("on purpose") })
	b.chore(time.Millisecond, "", func(ctx context.Context) error {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 5*time.Second {
			t.Errorf("the chore has until %v", deadline)
		}
		often.Add(1)
		return errors.New("on purpose")
	})
	b.consume(t, nil)
	until(t, "the other runs often", func() bool { return often.Load() > 20 })
	b.add(t, "after")
	until(t, "reading goes on", func() bool { return done.count("after") == 1 })
	if n := rare.Load(); n != 1 {
		t.Errorf("ran %d times, want once an hour", n)
	}
}

// TestPrune: what the inbox and the failures have kept for too long goes, whatever its number, and nothing else.
func TestPrune(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply = func(context.Context, []stream.Entry) error { return nil }
	for table, insert := range map[string]string{"inbox": "(event_id, seen_at) SELECT gen_random_uuid()", "failures": "(event_id, attempts, error, seen_at) SELECT gen_random_uuid(), 1, ''"} {
		_, err := b.db.Exec(t.Context(), `INSERT INTO orders.`+table+` `+insert+`, now() - CASE WHEN n > 2500 THEN interval '23 hours' ELSE interval '25 hours' END
			FROM generate_series(1, 2600) n`)
		if err != nil {
			t.Fatal(err)
		}
	}
	b.consume(t, map[string]string{"INBOX_KEEP": "24h"})
	for _, table := range []string{"inbox", "failures"} {
		until(t, table+" is pruned", func() bool {
			return b.count(t, `SELECT count(*) FROM orders.`+table+` WHERE seen_at < now() - interval '24 hours'`) == 0
		})
		if n := b.count(t, `SELECT count(*) FROM orders.`+table); n != 100 {
			t.Errorf("%s: %d rows left, want 100", table, n)
		}
	}
}

// TestConsumerGivesUpInTime: work that hangs is given up before the function's own time is up, so that the consumer
// returns; the entry is no worse off for it.
func TestConsumerGivesUpInTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.apply = func(ctx context.Context, _ []stream.Entry) error {
		<-ctx.Done()
		return ctx.Err()
	}
	b.add(t, "hangs")
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
	defer cancel()
	if err := b.consumer(t, nil).Run(ctx); err != nil || ctx.Err() != nil {
		t.Errorf("%v, %v: the consumer returns in its own time", err, ctx.Err())
	}
	if n := b.pending(t); n != 1 || b.count(t, `SELECT count(*) FROM orders.failures`) != 0 {
		t.Errorf("%d pending", n)
	}
}
