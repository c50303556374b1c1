package ops_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"mercato/shared/ops"
)

// put makes letters that stand so and were heard of last so long ago, and answers the id of one of them.
func (d *desk) put(t *testing.T, n int, state ops.LetterState, ago time.Duration) (id string) {
	t.Helper()
	err := d.DB.QueryRow(t.Context(), `WITH l AS (INSERT INTO ops.dead_letters (event_id, reader, stream, error_code, error, attempts, state, due_at, queued_at, last_seen, envelope)
			SELECT gen_random_uuid(), 'products', 'orders_stream', 'failed', '', 5, $2::text, CASE WHEN $2 IN ('dead', 'replaying') THEN now() + interval '1 hour' END,
				now(), now() - $3::interval, '{}' FROM generate_series(1, $1) RETURNING event_id)
		SELECT max(l.event_id::text) FROM l`, n, string(state), ago).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (d *desk) audited(t *testing.T, n int, ago time.Duration) {
	t.Helper()
	d.exec(t, `INSERT INTO ops.audit (at, actor, action, target) SELECT now() - $2::interval, 'user:1', 'dlq.replay', '' FROM generate_series(1, $1)`, n, ago)
}

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// TestPrune: what is over and old is forgotten; what waits never is.
func TestPrune(t *testing.T) {
	t.Parallel()
	d := setup(t)
	var kept, gone []string
	for _, state := range []ops.LetterState{ops.Dead, ops.Replaying, ops.Parked} {
		kept = append(kept, d.put(t, 1, state, 9*year))
	}
	for _, state := range []ops.LetterState{ops.Resolved, ops.Discarded} {
		kept, gone = append(kept, d.put(t, 1, state, 90*day-time.Hour)), append(gone, d.put(t, 1, state, 90*day+time.Hour))
	}
	d.audited(t, 3, year+time.Hour)
	d.audited(t, 2, year-time.Hour)
	if got, want := d.run(t, ops.ReplayRequest{}).Pruned, (ops.Pruned{Letters: 2, Deeds: 3}); got != want {
		t.Errorf("pruned %+v, want %+v", got, want)
	}
	const count = `SELECT count(*) FROM ops.dead_letters d WHERE d.event_id = ANY($1::uuid[])`
	if left, all := d.text(t, count, kept), d.text(t, count, gone); left != "5" || all != "0" {
		t.Errorf("left %s of 5 that are to stay, and %s of 2 that are to go", left, all)
	}
	if got := d.text(t, `SELECT count(*) FROM ops.audit a WHERE a.at > now() - interval '1 year'`); got != "2" {
		t.Errorf("%s deeds are left, want 2", got)
	}
}

// TestPruneBounded: one look takes a thousand rows of each, and the next the others.
func TestPruneBounded(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.put(t, 1003, ops.Resolved, year)
	d.audited(t, 1002, 2*year)
	var got []ops.Pruned
	for range 3 {
		got = append(got, d.run(t, ops.ReplayRequest{}).Pruned)
	}
	if !slices.Equal(got, []ops.Pruned{{Letters: 1000, Deeds: 1000}, {Letters: 3, Deeds: 2}, {}}) {
		t.Errorf("pruned %+v", got)
	}
}

// TestPruneConfigured: the times are the configuration's, but a letter stays for as long as its mark in an inbox.
func TestPruneConfigured(t *testing.T) {
	t.Parallel()
	d := setup(t, "LETTERS_KEEP=48h", "INBOX_KEEP=24h", "AUDIT_KEEP=72h")
	for days := range 5 {
		d.put(t, 1, ops.Resolved, time.Duration(days)*day+time.Hour)
		d.audited(t, 1, time.Duration(days)*day+time.Hour)
	}
	if got, want := d.run(t, ops.ReplayRequest{}).Pruned, (ops.Pruned{Letters: 3, Deeds: 2}); got != want {
		t.Errorf("pruned %+v, want %+v", got, want)
	}
	short := setup(t, "LETTERS_KEEP=1h", "INBOX_KEEP=96h")
	short.put(t, 1, ops.Discarded, 95*time.Hour)
	short.put(t, 1, ops.Discarded, 97*time.Hour)
	if got, want := short.run(t, ops.ReplayRequest{}).Pruned, (ops.Pruned{Letters: 1}); got != want {
		t.Errorf("pruned %+v, want %+v", got, want)
	}
}

// TestPruneAfterDiscard: a letter is kept from its discard on, however old it was then; its message goes at once.
func TestPruneAfterDiscard(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.put(t, 1, ops.Parked, year)
	d.post(t, d.park, carrying(id))
	if _, err := d.keeper(t).Discard(t.Context(), "user:1", []uuid.UUID{uuid.MustParse(id)}, "for the test"); err != nil {
		t.Fatal(err)
	}
	report := d.run(t, ops.ReplayRequest{})
	if got := d.state(t, id); got != "discarded 0 0" || report.Pruned != (ops.Pruned{}) || report.Messages != (ops.Messages{Deleted: 1}) {
		t.Errorf("%s, %+v", got, report)
	}
	d.exec(t, `UPDATE ops.dead_letters SET last_seen = now() - interval '91 days'`)
	d.post(t, d.dlq, carrying(id)) // a second copy of its message
	report = d.run(t, ops.ReplayRequest{})
	if report.Pruned != (ops.Pruned{Letters: 1}) || report.Messages != (ops.Messages{Deleted: 1}) {
		t.Errorf("91 days later: %+v", report)
	}
}

// TestPruneAfterCopies: copies of an event whose letter has ended keep nobody from forgetting it; one that waits was seen.
func TestPruneAfterCopies(t *testing.T) {
	t.Parallel()
	d := setup(t)
	for _, state := range []ops.LetterState{ops.Resolved, ops.Discarded} {
		id := d.put(t, 1, state, 91*day)
		d.bury(t, letter{id: id}, letter{id: id, replays: 1})
		if got, want := d.state(t, id), string(state)+" 0 0"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	waits := d.put(t, 1, ops.Parked, 91*day)
	d.bury(t, letter{id: waits})
	if got := d.run(t, ops.ReplayRequest{}).Pruned; got != (ops.Pruned{Letters: 2}) {
		t.Errorf("pruned %+v", got)
	}
	if got := d.text(t, `SELECT d.state || ' ' || (d.last_seen > now() - interval '1 day') FROM ops.dead_letters d WHERE d.event_id = $1`, waits); got != "parked true" {
		t.Error(got)
	}
}

// TestPruneOutage: while the queues are away the rows are pruned all the same.
func TestPruneOutage(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.put(t, 1, ops.Resolved, year)
	d.drop(t, d.dlq)
	d.drop(t, d.park)
	report, err := ops.ReplayDead.Do(d.keeper(t), t.Context(), ops.ReplayRequest{})
	if err == nil || report.Pruned.Letters != 1 {
		t.Errorf("%v, %+v", err, report)
	}
}
