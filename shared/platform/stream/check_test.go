package stream_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/seal"
	"mercato/shared/platform/stream"
)

// TestCheck_mask: entries under the sealed id of an event that has yet to come neither confirm nor bury it, in whatever
// stream they stand: each is an event of its own.
func TestCheck_mask(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.valid = func(e stream.Entry) error {
		if e.Fields["text"] == "malformed" {
			return errors.New("on purpose")
		}
		return nil
	}
	b.apply = b.takes(b.pg.As(t, group), done, func(text string) error {
		if text == "poison" {
			return errors.New("on purpose")
		}
		return nil
	})
	own := stream.NewMessage(name, map[string]string{"text": "own"})
	elsewhere := stream.NewMessage("another_stream", map[string]string{"text": "elsewhere"})
	for _, text := range []string{"malformed", "poison", "edited"} {
		b.send(t, map[string]string{"event_id": own.EventID, "text": text})
	}
	b.send(t, elsewhere.Fields)
	b.consume(t, nil)
	until(t, "the forged ones are buried or taken as others", func() bool {
		return len(b.letters(t)) == 2 && done.count("edited") == 1 && done.count("elsewhere") == 1
	})
	if n := b.count(t, `SELECT count(*) FROM orders.inbox i WHERE i.event_id = ANY($1)`, []string{own.EventID, elsewhere.EventID}); n != 0 {
		t.Errorf("%d events are known that never came", n)
	}
	b.send(t, own.Fields)
	until(t, "the event itself is applied", func() bool { return done.count("own") == 1 })
}

// TestCheck_twin: a copy of an event that differs in what its seal does not cover is the event, or another, but it does not
// get the event buried.
func TestCheck_twin(t *testing.T) {
	t.Parallel()
	own := stream.NewMessage(name, map[string]string{"text": "own"})
	for twin, with := range map[string][2]string{
		"without a number of replays": {"replay_count", "x"}, "replayed too often": {"replay_count", "9999999999"}, "below 0": {"replay_count", "-1"},
		"with an id that is none": {"event_id", "x"}, "with a wrapped id": {"event_id", "{" + own.EventID + "}"},
		"with a bare id": {"event_id", strings.ReplaceAll(own.EventID, "-", "")},
	} {
		t.Run(twin, func(t *testing.T) {
			t.Parallel()
			b, done := setup(t), &log{}
			b.valid = func(e stream.Entry) error {
				if _, err := strconv.ParseInt("0"+e.Fields["replay_count"], 10, 32); err != nil || !seal.IsID(e.Fields["event_id"]) {
					return errors.New("on purpose")
				}
				return nil
			}
			b.apply = b.takes(b.pg.As(t, group), done, func(string) error { return nil })
			fields := maps.Clone(own.Fields)
			fields[with[0]] = with[1]
			b.send(t, fields)
			b.consume(t, nil)
			until(t, "the twin is over", func() bool { return done.len()+len(b.letters(t)) == 1 && b.pending(t) == 0 })
			b.send(t, own.Fields)
			until(t, "the event is applied", func() bool { return done.count("own") == 1 })
		})
	}
}

// TestCheck_replays: a replay that nobody has asked for is a copy, and is audited; so it is when the letter has been
// replayed, but less often. The replay that somebody has asked for is applied.
func TestCheck_replays(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	healed := make(chan bool, 1)
	b.apply = b.takes(b.pg.As(t, group), done, func(text string) error {
		if text == "poison" && len(healed) == 0 {
			return errors.New("on purpose")
		}
		return nil
	})
	id := uuid.NewString()
	poison := map[string]string{"event_id": id, "text": "poison"}
	with := func(count string) map[string]string {
		fields := maps.Clone(poison)
		fields["replay_count"] = count
		return fields
	}
	b.send(t, with("1000000")) // nobody has buried it, far less replayed it
	b.consume(t, map[string]string{"MAX_ATTEMPTS": "1"})
	until(t, "it is buried", func() bool { return len(b.letters(t)) == 1 })
	if l := b.letters(t)[0]; l.Replays != 0 || l.Buried != 0 || l.State != "dead" {
		t.Errorf("%+v", l)
	}
	b.replayed(t, id, 1)
	b.send(t, with("2147483647"))
	until(t, "the replay fails", func() bool { l := b.letters(t)[0]; return l.State == "dead" && l.Buried == 1 && l.Replays == 1 })
	healed <- true
	b.send(t, with("2"))
	b.add(t, "after")
	until(t, "reading goes on", func() bool { return done.count("after") == 1 })
	if done.count("poison") != 0 {
		t.Error("a replay that nobody has asked for was applied")
	}
	if n := b.count(t, `SELECT count(*) FROM ops.audit a WHERE a.action = 'replay_unknown' AND a.actor = 'orders' AND a.target = $1`, id); n != 3 {
		t.Errorf("%d of 3 claims are audited", n)
	}
	b.replayed(t, id, 2)
	b.send(t, with("2"))
	until(t, "the replay is applied", func() bool { return done.count("poison") == 1 && b.letters(t)[0].State == "resolved" })
}

// TestCheck_long: an entry that is longer than any of ours is buried, and little of it is kept.
func TestCheck_long(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	b.apply = b.takes(b.pg.As(t, group), done, func(string) error { return nil })
	fields := map[string]string{"event_id": uuid.NewString(), "text": "long", "order_id": "7", "junk": strings.Repeat("ü", 1<<20)}
	for i := range 1000 {
		fields[fmt.Sprint("z", i)] = "x"
	}
	b.send(t, fields)
	b.add(t, "short")
	b.consume(t, nil)
	until(t, "it is buried, and reading goes on", func() bool { return len(b.letters(t)) == 1 && done.count("short") == 1 })
	l, err := deadletter.Parse(b.queue.Bodies()[0])
	if err != nil || l.Code != "malformed" || l.OrderID != 7 || len(l.Fields) > 51 || len(b.queue.Bodies()[0]) > 5000 || l.EventID == fields["event_id"] {
		t.Errorf("%v: letter %s of %d fields, its message has %d bytes", err, l.Code, len(l.Fields), len(b.queue.Bodies()[0]))
	}
}

// TestTakeUp_crowded: entries that were delivered often are taken up one by one: together they may be too much.
func TestTakeUp_crowded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var batches []int
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		batches = append(batches, len(entries))
		return nil
	}
	for i, deliveries := range []int{1, 1, 5, 9, 1, 1} {
		b.leave(t, deliveries, map[string]string{"text": fmt.Sprint(i)})
	}
	stop := b.consume(t, nil)
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
	stop()
	if diff := cmp.Diff([]int{2, 1, 1, 2}, batches); diff != "" {
		t.Error(diff)
	}
}
