package ops_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/fault"
)

// carrying is the message of a letter.
func carrying(id string) string {
	return deadletter.Letter{EventID: id, Reader: "products", Stream: event.OrdersStream, Code: "failed"}.Marshal()
}

// longest is the longest rest of a message, SQS's limit and a moment less.
const longest = 12*time.Hour - time.Minute

// waiting is how long a message rests that waits for a person.
const waiting = 15 * time.Minute

// swept is a message that is looked at.
type swept struct {
	arrange        string // SQL on the letter $1; empty leaves it as it was buried, to be due in a minute
	body           string // empty is the letter's own
	want           ops.Messages
	rest           time.Duration // for which it is hidden
	hidden, parked int
}

// TestMessages: what becomes of a message by how its letter stands. In orders-parking it is the same, but that what
// would be moved there stays.
func TestMessages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]swept{
		"dead":      {want: ops.Messages{Hidden: 1}, rest: time.Minute, hidden: 1},
		"in 1 h":    {arrange: `UPDATE ops.dead_letters SET due_at = now() + interval '1 hour' WHERE event_id = $1`, want: ops.Messages{Hidden: 1}, rest: time.Hour, hidden: 1},
		"in a day":  {arrange: `UPDATE ops.dead_letters SET due_at = now() + interval '1 day' WHERE event_id = $1`, want: ops.Messages{Hidden: 1}, rest: longest, hidden: 1},
		"replaying": {arrange: `UPDATE ops.dead_letters SET state = 'replaying', due_at = now() + interval '5 minutes' WHERE event_id = $1`, want: ops.Messages{Hidden: 1}, rest: 5 * time.Minute, hidden: 1},
		"resolved":  {arrange: `UPDATE ops.dead_letters SET state = 'resolved', due_at = NULL WHERE event_id = $1`, want: ops.Messages{Deleted: 1}},
		"discarded": {arrange: `UPDATE ops.dead_letters SET state = 'discarded', due_at = NULL WHERE event_id = $1`, want: ops.Messages{Deleted: 1}},
		"parked":    {arrange: `UPDATE ops.dead_letters SET state = 'parked', due_at = NULL WHERE event_id = $1`, want: ops.Messages{Parked: 1}, parked: 1},
		"gone":      {arrange: `DELETE FROM ops.dead_letters WHERE event_id = $1`, want: ops.Messages{Deleted: 1}},
		"of another reader": {
			arrange: `UPDATE ops.dead_letters SET reader = 'orders' WHERE event_id = $1`, want: ops.Messages{Deleted: 1},
		},
		"no JSON":          {body: "?", want: ops.Messages{Parked: 1}, parked: 1},
		"no letter":        {body: "{}", want: ops.Messages{Parked: 1}, parked: 1},
		"no UUID":          {body: `{"event_id":"7","reader":"products","stream":"s","replay_count":0,"error_code":"x","fields":{}}`, want: ops.Messages{Parked: 1}, parked: 1},
		"JSON of no words": {body: `[1]`, want: ops.Messages{Parked: 1}, parked: 1},
	} {
		for _, in := range []string{"orders-dlq", "orders-parking"} {
			t.Run(name+" in "+in, func(t *testing.T) {
				t.Parallel()
				c.check(t, in)
			})
		}
	}
}

func (c swept) check(t *testing.T, in string) {
	t.Helper()
	d := setup(t)
	id := d.bury(t, letter{})[0]
	if c.arrange != "" {
		d.exec(t, c.arrange, id)
	}
	if c.body == "" {
		c.body = carrying(id)
	}
	url := d.dlq
	if in == "orders-parking" {
		url = d.park
	}
	if url == d.park && c.parked > 0 {
		c.want, c.rest, c.hidden, c.parked = ops.Messages{Hidden: 1}, waiting, 1, 0
	}
	d.post(t, url, c.body)
	if got := d.run(t, ops.ReplayRequest{}).Messages; got != c.want {
		t.Errorf("%+v, want %+v", got, c.want)
	}
	visible, hidden := d.held(t, url)
	if visible != 0 || hidden != c.hidden {
		t.Errorf("it shows %d and hides %d, want it to hide %d", visible, hidden, c.hidden)
	}
	if c.hidden > 0 && (len(d.rests) != 1 || d.rests[0] > c.rest || d.rests[0] < min(c.rest, max(c.rest/2, time.Minute))) {
		t.Errorf("hidden for %v, want %v", d.rests, c.rest)
	}
	if parked := d.bodies(t, d.park); len(parked) != c.parked || c.parked == 1 && parked[0] != c.body {
		t.Errorf("orders-parking holds %q", parked)
	}
}

// TestMessagesMissing: a message that the reader could not send is sent, unless he may still be about to.
func TestMessagesMissing(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ids := d.bury(t, letter{}, letter{}, letter{}, letter{fields: map[string]string{"huge": strings.Repeat("x", 300<<10)}}, letter{}, letter{})
	missing, fresh, sent, huge, over, parked := ids[0], ids[1], ids[2], ids[3], ids[4], ids[5]
	d.exec(t, `UPDATE ops.dead_letters SET first_seen = now() - interval '61 seconds' WHERE event_id <> $1`, fresh)
	d.exec(t, `UPDATE ops.dead_letters SET queued_at = now() WHERE event_id = $1`, sent)
	d.exec(t, `UPDATE ops.dead_letters SET state = 'discarded', due_at = NULL WHERE event_id = $1`, over)
	d.exec(t, `UPDATE ops.dead_letters SET state = 'parked', due_at = NULL WHERE event_id = $1`, parked)
	if got, want := d.run(t, ops.ReplayRequest{}).Messages, (ops.Messages{Sent: 3, Hidden: 2, Parked: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := d.text(t, `SELECT count(*) FROM ops.dead_letters d WHERE d.queued_at IS NOT NULL AND d.event_id = ANY($1::uuid[])`, []string{missing, sent, huge, parked}); got != "4" {
		t.Errorf("%s are marked as sent", got)
	}
	for _, want := range []ops.Messages{{Hidden: 1}, {}} { // the one in orders-parking
		if got := d.run(t, ops.ReplayRequest{}).Messages; got != want {
			t.Errorf("and once more: %+v, want %+v", got, want)
		}
	}
}

// TestMessagesBounded: one look takes a hundred messages, and the next the others.
func TestMessagesBounded(t *testing.T) {
	t.Parallel()
	d := setup(t)
	for range 103 {
		d.post(t, d.dlq, carrying(uuid.NewString()))
	}
	var got []int
	for range 3 {
		got = append(got, d.run(t, ops.ReplayRequest{}).Messages.Deleted)
	}
	if !slices.Equal(got, []int{100, 3, 0}) {
		t.Errorf("deleted %v", got)
	}
}

// TestMessagesOutage: while the queue is away letters are replayed all the same, and their messages wait.
func TestMessagesOutage(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.bury(t, letter{})[0]
	d.due(t)
	d.exec(t, `UPDATE ops.dead_letters SET first_seen = now() - interval '61 seconds'`)
	d.drop(t, d.dlq)
	report, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), ops.ReplayRequest{})
	if fault.KindOf(err) != fault.Unavailable || report.Replayed != 1 || report.Messages != (ops.Messages{}) {
		t.Errorf("%v, %+v", err, report)
	}
	if got := d.text(t, `SELECT d.queued_at FROM ops.dead_letters d WHERE d.event_id = $1`, id); got != "none" {
		t.Errorf("queued at %s", got)
	}
}

// TestMessagesParkingAway: while one queue is away the other is swept all the same.
func TestMessagesParkingAway(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.post(t, d.dlq, carrying(uuid.NewString()))
	d.drop(t, d.park)
	report, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), ops.ReplayRequest{})
	if fault.KindOf(err) != fault.Unavailable || report.Messages != (ops.Messages{Deleted: 1}) {
		t.Errorf("%v, %+v", err, report)
	}
}

// TestParkedEnds follows the message of a letter that is parked, and that somebody replays when its cause is mended.
func TestParkedEnds(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.bury(t, letter{replays: 3})[0]
	d.post(t, d.dlq, carrying(id))
	if got := d.run(t, ops.ReplayRequest{}).Messages; got != (ops.Messages{Parked: 1}) {
		t.Errorf("parked: %+v", got)
	}
	d.run(t, ops.ReplayRequest{IDs: []string{id}})
	d.applyAll(t)
	if got := d.run(t, ops.ReplayRequest{}).Messages; got != (ops.Messages{Deleted: 1}) {
		t.Errorf("resolved: %+v", got)
	}
	for _, url := range []string{d.dlq, d.park} {
		if visible, hidden := d.held(t, url); visible+hidden > 0 {
			t.Errorf("%s shows %d and hides %d", url, visible, hidden)
		}
	}
}

// TestTask: by hand, dlq-replay does what the endpoint does, and writes down that somebody asked.
func TestTask(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ids := d.bury(t, letter{code: "a"}, letter{code: "b"})
	slices.Sort(ids)
	dry := d.run(t, ops.ReplayRequest{DryRun: true})
	slices.Sort(dry.IDs)
	if diff := cmp.Diff(ops.Report{DryRun: true, Replayed: 2, IDs: ids}, dry); diff != "" {
		t.Error(diff)
	}
	if got := d.run(t, ops.ReplayRequest{ErrorCode: "b"}); got.Replayed != 1 {
		t.Errorf("%+v", got)
	}
	if got := d.text(t, `SELECT string_agg(concat_ws(' ', a.actor, a.action, a.reason), ';') FROM ops.audit a`); got != "dlq-replay dlq.replay replay 1 for products" {
		t.Error(got)
	}
	for name, in := range map[string]ops.ReplayRequest{
		"max below": {Max: -1}, "max beyond": {Max: 1001}, "no ids": {IDs: []string{}}, "no UUID": {IDs: []string{"7"}}, "more ids than max": {Max: 1, IDs: ids},
	} {
		if _, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), in); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, event := range []string{`{"max":null}`, `{"ids":null}`, `{"errorCode":null}`, `{"DryRun":null,"max":5}`} {
		var in ops.ReplayRequest
		if err := json.Unmarshal([]byte(event), &in); err != nil {
			t.Fatal(err)
		}
		if report, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), in); fault.KindOf(err) != fault.Invalid || report.Replayed > 0 {
			t.Errorf("%s: %v, %+v", event, err, report)
		}
	}
	if _, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), ops.ReplayRequest{IDs: []string{uuid.NewString()}}); fault.KindOf(err) != fault.NotFound || errors.Unwrap(err) == nil {
		t.Errorf("unknown: %v", err)
	}
}
