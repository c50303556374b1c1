package stream_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"mercato/shared/platform/fault"
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
