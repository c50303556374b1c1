package stream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/seal"
	"mercato/shared/platform/stream"
)

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
	var envelope deadletter.Fields
	err = b.db.QueryRow(t.Context(), `SELECT d.envelope FROM ops.dead_letters d`).Scan(&envelope)
	if diff := cmp.Diff(l.Fields, envelope); err != nil || diff != "" {
		t.Errorf("the row holds other fields than the message: %v %s", err, diff)
	}
	b.replayed(t, id, 1)
	b.send(t, l.Again())
	until(t, "the replay fails", func() bool { return b.letters(t)[0].Replays == 1 })
	want.Replays, want.Buried = 1, 1
	b.want(t, 1, want)
	healed.Store(true)
	l.Replays = 1
	b.replayed(t, id, 2)
	for range 3 { // a replay may come twice too
		b.send(t, l.Again())
	}
	until(t, "the replay is applied", func() bool { return done.count("poison") == 1 })
	want.State, want.Buried, want.Replays = "resolved", -1, 2
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
	sealed := seal.ID(name, map[string]string{"event_id": "no UUID", "text": "malformed"})
	l := letter{Reader: group, Stream: name, Code: "malformed", Error: "valid: Nobody sends this.", State: "dead", Attempts: 1, Queued: true}
	want := []letter{l, l, l, l}
	want[0].EventID, want[1].EventID, want[2].EventID, want[3].EventID = sealed, ids[0], ids[1], ids[2]
	want[2].Code, want[3].Buried = "no_lines", -1
	slices.SortFunc(want, func(a, b letter) int { return strings.Compare(a.EventID, b.EventID) })
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
			} else {
				done.add([]stream.Entry{e})
			}
		}
		return fmt.Errorf("apply: %w", refused)
	}
	for i := range 20 {
		b.add(t, fmt.Sprint(i))
		b.send(t, map[string]string{"event_id": uuid.NewString(), "text": "refused"})
	}
	b.consume(t, map[string]string{"CONSUME_LEASE": "60s"}) // nothing is taken up a second time
	until(t, "they are buried", func() bool { return len(b.letters(t)) == 20 })
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
	for _, l := range b.letters(t) {
		if l.Code != "no_such_product" || l.Attempts != 1 || l.Buried != 0 || l.Failures != 0 {
			t.Errorf("%+v", l)
		}
	}
	if done.len() != 20 || calls.Load() != 1 {
		t.Errorf("%d applied in %d calls, want 20 in 1", done.len(), calls.Load())
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
	fields := []map[string]string{{"text": "a"}, {"text": "b"}}
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

// TestDeadLetter_notBuried: a letter that Postgres does not take stays pending and costs no other its burial.
func TestDeadLetter_notBuried(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.valid = func(e stream.Entry) error { return fault.New(fault.Invalid, e.Fields["code"], "malformed") }
	b.apply = func(context.Context, []stream.Entry) error { return nil }
	for i := range 5 {
		b.send(t, map[string]string{"text": fmt.Sprint(i), "code": "good"})
	}
	b.send(t, map[string]string{"event_id": uuid.NewString(), "code": "no text: \x00"})
	b.send(t, map[string]string{"event_id": uuid.NewString(), "code": "good"})
	b.consume(t, nil)
	until(t, "the others are buried", func() bool { return len(b.letters(t)) == 6 })
	until(t, "only the one is pending", func() bool { return b.pending(t) == 1 })
}
