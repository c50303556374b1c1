package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/stream"
)

// TestConsumerReadsFromTheBeginning: reads what was written before the first reader came.
func TestConsumerReadsFromTheBeginning(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.apply = func(_ context.Context, entries []stream.Entry) error { done.add(entries); return nil }
	b.add(t, "before")
	b.consume(t, nil)
	until(t, "the entry is applied", func() bool { return done.count("before") == 1 })
	until(t, "the entry is acknowledged", func() bool { return b.pending(t) == 0 })
}

// TestConsumerHalvesABadBatch: one bad entry costs nobody else.
func TestConsumerHalvesABadBatch(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.valid = func(e stream.Entry) error {
		if e.Fields["text"] == "unreadable" {
			return errors.New("on purpose")
		}
		return nil
	}
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		for _, e := range entries {
			if e.Fields["text"] == "poison" {
				return errors.New("on purpose")
			}
		}
		done.add(entries)
		return nil
	}
	for i := range 50 {
		b.add(t, fmt.Sprint(i))
		if i == 17 {
			b.add(t, "poison", "unreadable")
		}
	}
	b.consume(t, nil)
	until(t, "the good entries are applied", func() bool { return done.len() == 50 })
	until(t, "only the bad ones are pending", func() bool { return b.pending(t) == 2 })
	b.add(t, "after")
	until(t, "reading goes on", func() bool { return done.count("after") == 1 })
	for i := range 50 {
		if n := done.count(fmt.Sprint(i)); n != 1 {
			t.Errorf("entry %d applied %d times", i, n)
		}
	}
}

// TestConsumerTriesAgain: a bad entry is tried again and succeeds.
func TestConsumerTriesAgain(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	var tries atomic.Int32
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		if tries.Add(1) < 3 {
			return errors.New("on purpose")
		}
		done.add(entries)
		return nil
	}
	b.add(t, "stubborn")
	b.consume(t, nil)
	until(t, "the entry is applied", func() bool { return done.count("stubborn") == 1 })
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
}

// TestConsumerTakesUp: takes up what a dead reader left.
func TestConsumerTakesUp(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.apply = func(_ context.Context, entries []stream.Entry) error { done.add(entries); return nil }
	b.add(t, "left")
	if err := b.redis.XGroupCreate(t.Context(), name, group, "0").Err(); err != nil {
		t.Fatal(err)
	}
	dead := &redis.XReadGroupArgs{Group: group, Consumer: "dead", Streams: []string{name, ">"}, Block: -1}
	if err := b.redis.XReadGroup(t.Context(), dead).Err(); err != nil {
		t.Fatal(err)
	}
	b.consume(t, nil)
	until(t, "the entry is applied", func() bool { return done.count("left") == 1 })
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
}

// TestConsumerWaitsOutAnOutage: waits out an outage.
func TestConsumerWaitsOutAnOutage(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	var tries atomic.Int32
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		if len(entries) != 3 {
			return fmt.Errorf("a batch of %d: an outage is no reason to halve it", len(entries))
		}
		if tries.Add(1) < 10 {
			return fault.New(fault.Unavailable, "", "on purpose")
		}
		done.add(entries)
		return nil
	}
	b.add(t, "a", "b", "c")
	b.consume(t, nil)
	until(t, "the entries are applied", func() bool { return done.len() == 3 })
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
}

// TestConsumerSurvivesTheLossOfMemory: survives the loss of Redis's memory.
func TestConsumerSurvivesTheLossOfMemory(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.apply = func(_ context.Context, entries []stream.Entry) error { done.add(entries); return nil }
	b.consume(t, nil)
	for i := range 3 {
		text := fmt.Sprintf("round %d", i)
		b.add(t, text)
		until(t, text, func() bool { return done.count(text) == 1 })
		if err := b.redis.FlushDB(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConsumerKeepsItsLease(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var calls atomic.Int32
	finish := make(chan struct{})
	b.apply = func(context.Context, []stream.Entry) error {
		calls.Add(1)
		<-finish
		return nil
	}
	b.add(t, "slow")
	first := b.consume(t, nil)
	until(t, "the work begins", func() bool { return calls.Load() == 1 })
	b.consume(t, nil) // would claim the entry if its lease ran out
	oldest := func() time.Duration {
		p, err := b.redis.XPendingExt(t.Context(), &redis.XPendingExtArgs{Stream: name, Group: group, Start: "-", End: "+", Count: 1}).Result()
		if err != nil || len(p) != 1 {
			t.Fatalf("pending: %v %v", p, err)
		}
		return p[0].Idle
	}
	for range 4 { // four leases long
		until(t, "the lease ages", func() bool { return oldest() > 150*time.Millisecond })
		until(t, "the lease is renewed", func() bool { return oldest() < 150*time.Millisecond })
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("applied %d times while its lease was held", n)
	}
	close(finish)
	first()
}

func TestConsumerReturnsInTime(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.apply = func(_ context.Context, entries []stream.Entry) error { done.add(entries); return nil }
	stop := b.consume(t, map[string]string{"CONSUME_FOR": "2s"})
	b.add(t, "in time")
	until(t, "the entry is applied", func() bool { return done.count("in time") == 1 })
	stop()
	b.add(t, "too late")
	clients, err := b.redis.ClientList(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(clients, "\n") {
		if strings.Contains(line, "cmd=xreadgroup") && strings.Contains(line, "flags=b") && strings.Contains(b.url, "/"+field(line, "db")) {
			t.Errorf("a read is outstanding: %s", line)
		}
	}
	if n := b.pending(t); n != 0 {
		t.Errorf("%d entries were given to a reader that is gone", n)
	}
	if done.count("too late") != 0 {
		t.Error("applied after the end")
	}
}

func field(line, name string) string {
	_, after, _ := strings.Cut(line, " "+name+"=")
	value, _, _ := strings.Cut(after, " ")
	return value
}

func TestConsumersShare(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.apply = func(_ context.Context, entries []stream.Entry) error { done.add(entries); return nil }
	for range 4 {
		b.consume(t, map[string]string{"CONSUME_BATCH": "7"})
	}
	for i := range 300 {
		b.add(t, fmt.Sprint(i))
	}
	until(t, "all are applied", func() bool { return done.len() == 300 })
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
	for i := range 300 {
		if n := done.count(fmt.Sprint(i)); n != 1 {
			t.Errorf("entry %d applied %d times", i, n)
		}
	}
	consumers, err := b.redis.XInfoConsumers(t.Context(), name, group).Result()
	if err != nil || len(consumers) > 2 {
		t.Errorf("%d names in the group, want the two slots: %v", len(consumers), err)
	}
}

func TestHurry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := stream.NewPublisher(b.env(t, map[string]string{"PUBLISH_TIMEOUT": "5s"}))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p.Hurry(ended, stream.Message{Stream: name, Fields: map[string]string{"text": "a"}}, stream.Message{Stream: name, Fields: map[string]string{"text": "b"}})
	p.Hurry(ended)
	if n := b.redis.XLen(t.Context(), name).Val(); n != 2 {
		t.Errorf("%d entries, want 2: a request that has ended still publishes what it committed", n)
	}
}
