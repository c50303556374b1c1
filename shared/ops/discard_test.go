package ops_test

import (
	"strconv"
	"testing"

	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform/stream"
)

// TestDiscardHolds: what is discarded while its replay is under way is not applied when its copies are read, however
// often it had been replayed, and that is nothing for the audit.
func TestDiscardHolds(t *testing.T) {
	t.Parallel()
	for replays := range 3 {
		for _, valid := range []bool{true, false} {
			t.Run(strconv.Itoa(replays)+" replays, valid: "+strconv.FormatBool(valid), func(t *testing.T) {
				t.Parallel()
				discardHolds(t, replays, valid)
			})
		}
	}
}

func discardHolds(t *testing.T, replays int, valid bool) {
	t.Helper()
	d := setup(t)
	c := d.operator(t)
	id, after := d.bury(t, letter{replays: replays})[0], uuid.NewString()
	for range 2 { // and once more, as nobody has confirmed it
		if answer := c.do(t, ops.ReplayLetters, "", ops.ReplayRequest{IDs: []string{id}}); answer.Status != 202 {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
	}
	if answer := c.do(t, ops.DiscardLetters, "", ops.DiscardRequest{IDs: []string{id}, Reason: "for the test"}); answer.Status != 200 {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	next := stream.Message{EventID: after, Stream: event.OrdersStream, Fields: map[string]string{"event_id": after, "replay_count": "0"}}
	if err := stream.Append(t.Context(), d.Redis, []stream.Message{next}); err != nil {
		t.Fatal(err)
	}
	d.consume(t, func(e stream.Entry) error {
		if e.Fields["event_id"] == id && !valid {
			return errOnPurpose
		}
		return nil
	})
	d.until(t, "all is read", func() bool {
		return d.effects(t, after) == "1" && d.Redis.XPending(t.Context(), event.OrdersStream, "products").Val().Count == 0
	})
	if got, want := d.state(t, id), "discarded "+strconv.Itoa(replays)+" 2"; got != want || d.effects(t, id) != "0" {
		t.Errorf("%s, %s effects, want %s", got, d.effects(t, id), want)
	}
	if got := d.text(t, `SELECT string_agg(a.action, ' ' ORDER BY a.id) FROM ops.audit a WHERE a.action <> 'dlq.replay'`); got != "dlq.discard" {
		t.Error(got)
	}
}

// TestDiscardTooLate: a copy whose reader has asked before the discard may be applied after it. Then the letter says so,
// for good.
func TestDiscardTooLate(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.bury(t, letter{})[0]
	d.run(t, ops.ReplayRequest{IDs: []string{id}})
	if _, err := d.keeper(t).Discard(t.Context(), "user:1", uuids([]string{id}), "for the test"); err != nil {
		t.Fatal(err)
	}
	d.applyAll(t) // as a reader does that has asked
	if got := d.state(t, id); got != "resolved 0 1" || d.effects(t, id) != "1" {
		t.Errorf("%s, %s effects", got, d.effects(t, id))
	}
	d.bury(t, letter{id: id, replays: 1}) // another such reader has failed
	if got := d.state(t, id); got != "resolved 0 1" {
		t.Error(got)
	}
}

// TestReplayClaims: of a discarded letter the audit expects the copies of the replay that was taken back, and no other.
func TestReplayClaims(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.bury(t, letter{})[0]
	d.exec(t, `UPDATE ops.dead_letters SET state = 'discarded', due_at = NULL`)
	for claim, want := range []string{"0", "0", "1"} {
		var replays int
		if err := d.reader.QueryRow(t.Context(), `SELECT r.replays FROM ops.replays(ARRAY[$1::uuid], ARRAY[$2::int]) r`, id, claim).Scan(&replays); err != nil || replays != 0 {
			t.Errorf("claim %d: %d, %v", claim, replays, err)
		}
		if got := d.text(t, `SELECT count(*) FROM ops.audit a WHERE a.action = 'replay_unknown'`); got != want {
			t.Errorf("claim %d: %s rows of the audit, want %s", claim, got, want)
		}
	}
}
