package ops_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/streamtest"
)

// TestReplayFailsAgain follows a letter whose event never succeeds: three replays, then a person's.
func TestReplayFailsAgain(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.bury(t, letter{})[0]
	const patience = `SELECT d.due_at - d.last_seen FROM ops.dead_letters d WHERE d.event_id = $1`
	for count, want := range []string{"00:01:00", "00:10:00", "01:00:00"} {
		if got := d.text(t, patience, id); got != want {
			t.Errorf("after %d replays it is due in %s, want %s", count, got, want)
		}
		if r := d.run(t, ops.ReplayRequest{}); r.Replayed != 0 {
			t.Errorf("replayed before it was due: %+v", r)
		}
		d.due(t)
		if r := d.run(t, ops.ReplayRequest{}); r.Replayed != 1 || r.Repeated != 0 {
			t.Errorf("%+v", r)
		}
		if got, want := d.state(t, id), "replaying "+strconv.Itoa(count+1)+" 1"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		d.bury(t, letter{id: id, replays: count + 1})
	}
	if got := d.state(t, id); got != "parked 3 1" {
		t.Error(got)
	}
	d.due(t)
	if r := d.run(t, ops.ReplayRequest{}); r.Replayed != 0 {
		t.Errorf("the schedule replayed a parked letter: %+v", r)
	}
	d.run(t, ops.ReplayRequest{IDs: []string{id}})
	d.bury(t, letter{id: id, replays: 4})
	if got := d.state(t, id); got != "parked 4 1" {
		t.Error(got)
	}
	for i, e := range streamtest.Entries(t, d.Redis, event.OrdersStream) {
		want := map[string]any{"event_id": id, "order_id": "0", "products": "[]", "replay_count": strconv.Itoa(i + 1)}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Error(diff)
		}
	}
}

// TestReplayLost: an entry that Redis lost is sent again under the same count, later each time.
func TestReplayLost(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.bury(t, letter{})[0]
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 10 * time.Minute, 10 * time.Minute} {
		d.due(t)
		if r := d.run(t, ops.ReplayRequest{}); r.Replayed != 1 || (r.Repeated == 1) != (i > 0) {
			t.Errorf("%+v", r)
		}
		if got := d.state(t, id); got != "replaying 1 "+strconv.Itoa(i+1) {
			t.Error(got)
		}
		// As a fraction of what it should be: half of it is more than a slow machine takes.
		fraction := d.text(t, `SELECT ceil(2 * extract(epoch FROM d.due_at - now()) / $2::float8) FROM ops.dead_letters d WHERE d.event_id = $1`, id, want.Seconds())
		if fraction != "2" {
			t.Errorf("send %d: due in %s halves of %v", i+1, fraction, want)
		}
		entries := streamtest.Entries(t, d.Redis, event.OrdersStream)
		if len(entries) != 1 || entries[0]["replay_count"] != "1" {
			t.Errorf("sent %v", entries)
		}
		if i < 5 {
			d.Redis.FlushDB(t.Context())
		}
	}
	d.applyAll(t)
	if got := d.state(t, id); got != "resolved 1 6" || d.effects(t, id) != "1" {
		t.Errorf("%s, %s effects", got, d.effects(t, id))
	}
}

// TestReplayCrash: what dies after the entry was sent has written nothing down, and sends it once more.
func TestReplayCrash(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.bury(t, letter{})[0]
	d.due(t)
	d.exec(t, `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'on purpose'; END$$`)
	d.exec(t, `CREATE TRIGGER refuse BEFORE UPDATE ON ops.dead_letters FOR EACH ROW EXECUTE FUNCTION public.refuse()`)
	if _, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), ops.ReplayRequest{}); err == nil {
		t.Error("no error")
	}
	if got := d.state(t, id); got != "dead 0 0" {
		t.Error(got)
	}
	d.exec(t, `DROP TRIGGER refuse ON ops.dead_letters`)
	d.run(t, ops.ReplayRequest{})
	entries := streamtest.Entries(t, d.Redis, event.OrdersStream)
	if len(entries) != 2 || entries[0]["replay_count"] != "1" || entries[1]["replay_count"] != "1" {
		t.Errorf("sent %v, want the first replay twice", entries)
	}
	d.applyAll(t)
	d.applyAll(t)
	if got := d.state(t, id); got != "resolved 1 1" || d.effects(t, id) != "1" {
		t.Errorf("%s, %s effects", got, d.effects(t, id))
	}
}

// TestReplayOutage: while Redis is away nothing is written down, and the queue is looked after all the same.
func TestReplayOutage(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.bury(t, letter{})[0]
	d.due(t)
	d.exec(t, `UPDATE ops.dead_letters SET first_seen = now() - interval '2 minutes'`)
	if err := d.Redis.Set(t.Context(), event.OrdersStream, "not a stream", 0).Err(); err != nil { // XADD fails
		t.Fatal(err)
	}
	report, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), ops.ReplayRequest{})
	if err == nil || report.Replayed != 0 || report.Messages.Sent != 1 {
		t.Errorf("%v, %+v", err, report)
	}
	if got := d.state(t, id); got != "dead 0 0" {
		t.Error(got)
	}
}

// TestReplayStrange: an envelope that nobody can decode is sent as it came, whatever bytes it holds.
func TestReplayStrange(t *testing.T) {
	t.Parallel()
	d := setup(t)
	fields := map[string]string{"event_id": "none", "order_id": "-1", "a": "\xff\x00\xfe", "base64:": "base64:", "products": `[{"product_id":`, "replay_count": "many"}
	id := d.bury(t, letter{fields: fields})[0]
	plain := d.bury(t, letter{})[0]
	d.exec(t, `UPDATE ops.dead_letters SET envelope = '{"n": 1, "nothing": null, "list": [1], "text": "x", "b": "base64:?"}' WHERE event_id = $1`, plain)
	d.due(t)
	if r := d.run(t, ops.ReplayRequest{}); r.Replayed != 2 {
		t.Errorf("%+v", r)
	}
	entries := streamtest.Entries(t, d.Redis, event.OrdersStream)
	want := map[string]any{}
	for name, value := range fields {
		want[name] = value
	}
	want["replay_count"] = "1"
	edited := map[string]any{"n": "1", "nothing": "null", "list": "[1]", "text": "x", "b": "base64:?", "replay_count": "1", "event_id": plain}
	if diff := cmp.Diff([]map[string]any{want, edited}, entries); diff != "" {
		t.Error(diff)
	}
	if got := d.state(t, id); got != "replaying 1 1" {
		t.Error(got)
	}
}

// TestReplayOver: what is over stays over: an event that was applied, one that was given up, and one whose order
// has ended in the meantime.
func TestReplayOver(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ids := d.bury(t, letter{}, letter{})
	resolved, discarded := ids[0], ids[1]
	d.run(t, ops.ReplayRequest{IDs: []string{resolved}})
	d.applyAll(t)
	keeper := d.keeper(t)
	if _, err := keeper.Discard(t.Context(), "user:1", []uuid.UUID{uuid.MustParse(discarded)}, "for the test"); err != nil {
		t.Fatal(err)
	}
	before := d.everything(t)
	for _, id := range ids {
		_, err := ops.ReplayDead.Do(keeper, t.Context(), ops.ReplayRequest{IDs: []string{id}})
		if fault.KindOf(err) != fault.Conflict {
			t.Errorf("%v", err)
		}
	}
	d.due(t)
	d.run(t, ops.ReplayRequest{})
	d.run(t, ops.ReplayRequest{ErrorCode: "failed"})
	// Copies of what was sent earlier come late, and an old failure is reported once more.
	d.applyAll(t)
	d.bury(t, letter{id: discarded, replays: 0})
	d.exec(t, `UPDATE ops.dead_letters SET last_seen = first_seen`)
	if after := d.everything(t); after != before {
		t.Errorf("it changed:\n%s\n%s", before, after)
	}
	// One that was sent before it was given up, and fails after.
	d.bury(t, letter{id: discarded, replays: 1})
	if got := d.state(t, discarded); got != "discarded 0 0" {
		t.Error(got)
	}
}

// everything is all that letters have led to.
func (d *desk) everything(t *testing.T) string {
	t.Helper()
	d.exec(t, `UPDATE ops.dead_letters SET last_seen = first_seen`)
	return d.text(t, `SELECT concat_ws(E'\n', (SELECT string_agg(d::text, E'\n' ORDER BY d.event_id) FROM ops.dead_letters d),
		(SELECT string_agg(a::text, E'\n' ORDER BY a.id) FROM ops.audit a),
		(SELECT string_agg(e::text, E'\n' ORDER BY e.event_id) FROM products.effects e))`) +
		"\n" + strconv.FormatInt(d.Redis.XLen(t.Context(), event.OrdersStream).Val(), 10)
}
