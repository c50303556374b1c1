package ops_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/streamtest"
)

func TestRelay(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, map[string]string{"RELAY_TICK": "10ms"})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// One event that all its readers have, one that none has: of each stream.
	for _, s := range event.Streams() {
		_, err := app.DB.Exec(ctx, `INSERT INTO `+s.Writer+`.outbox (event_id, stream, fields, due_at)
			SELECT gen_random_uuid(), $1, json_build_object('n', n::text), now() FROM generate_series(1, 2) n`, s.Name)
		for _, reader := range s.Readers {
			if err == nil {
				_, err = app.DB.Exec(ctx, `INSERT INTO `+reader+`.inbox (event_id)
					SELECT o.event_id FROM `+s.Writer+`.outbox o WHERE o.stream = $1 AND o.fields->>'n' = '1'`, s.Name)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	relay := ops.Relay.Open(app.Env(t))
	done := make(chan error, 1)
	run, stop := context.WithCancel(ctx)
	go func() {
		_, err := ops.Relay.Do(relay, run, struct{}{})
		done <- err
	}()
	for !settled(t, ctx, app) {
		select {
		case <-ctx.Done():
			t.Fatal("the outboxes were never looked through")
		case <-time.After(10 * time.Millisecond):
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, s := range event.Streams() {
		entries := streamtest.Entries(t, app.Redis, s.Name)
		if len(entries) != 1 || entries[0]["n"] != "2" {
			t.Errorf("%s holds %v, want what was not confirmed", s.Name, entries)
		}
	}
}

// settled says whether every outbox is down to what nobody has confirmed, and that has been put off.
func settled(t *testing.T, ctx context.Context, app *apitest.App) bool { //nolint:revive // the test comes first in a test
	t.Helper()
	var rows, waiting int
	err := app.DB.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE o.due_at > now()) FROM
		(SELECT due_at FROM orders.outbox UNION ALL SELECT due_at FROM products.outbox) o`).Scan(&rows, &waiting)
	if err != nil {
		t.Fatal(err)
	}
	return rows == len(event.Streams()) && waiting == rows
}

func TestSpecs(t *testing.T) {
	t.Parallel()
	if got := ops.Relay.Spec(); got.Name != "outbox-relay" || !slices.Equal(got.Needs, []string{"postgres:relay", "redis"}) {
		t.Errorf("relay: %+v", got)
	}
	if got := ops.ReplayDead.Spec(); got.Schedule != "rate(1 minute)" || got.Loops ||
		!slices.Equal(got.Needs, []string{"postgres:ops", "queue:orders-dlq", "queue:orders-parking", "redis"}) {
		t.Errorf("dlq-replay: %+v", got)
	}
	want := map[string][]string{
		"health": nil, "health-ready": {"postgres:ops", "redis"}, "not-found": nil,
		"ops-dlq-list": {"postgres:ops"}, "ops-dlq-replay": {"postgres:ops", "redis"}, "ops-dlq-discard": {"postgres:ops"},
		"ops-streams": {"postgres:ops", "redis"}, "ops-audit": {"postgres:ops"}, "ops-order": {"postgres:ops"},
	}
	for _, o := range ops.Endpoints() {
		s := o.Spec()
		needs, ok := want[s.Name]
		if !ok || !slices.Equal(s.Needs, needs) {
			t.Errorf("%s needs %v, want %v", s.Name, s.Needs, needs)
		}
		delete(want, s.Name)
	}
	if len(want) > 0 {
		t.Errorf("no endpoint: %v", want)
	}
}
