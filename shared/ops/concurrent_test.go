package ops_test

import (
	"strconv"
	"testing"

	"mercato/shared/ops"
	"mercato/shared/platform/fault"
)

// TestNamedLettersWait: who names a letter that somebody else is changing waits, and then goes by what it has become.
func TestNamedLettersWait(t *testing.T) {
	t.Parallel()
	const (
		replays  = `UPDATE ops.dead_letters SET state = 'replaying', replay_count = 1, sends = 1, due_at = now() + interval '1 minute'`
		resolves = `UPDATE ops.dead_letters SET state = 'resolved', due_at = NULL`
		discards = `UPDATE ops.dead_letters SET state = 'discarded', due_at = NULL`
	)
	for name, c := range map[string]struct {
		other  string
		replay bool // or else discard
		kind   fault.Kind
		state  string
		sent   int64
	}{
		"replay, replayed":   {replays, true, 0, "replaying 1 2", 1},
		"replay, resolved":   {resolves, true, fault.Conflict, "resolved 0 0", 0},
		"replay, discarded":  {discards, true, fault.Conflict, "discarded 0 0", 0},
		"discard, replayed":  {replays, false, 0, "discarded 0 1", 0},
		"discard, resolved":  {resolves, false, fault.Conflict, "resolved 0 0", 0},
		"discard, discarded": {discards, false, 0, "discarded 0 0", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := setup(t)
			id := d.bury(t, letter{})[0]
			keeper := d.keeper(t)
			tx, err := d.DB.Begin(t.Context())
			if err == nil {
				_, err = tx.Exec(t.Context(), c.other)
			}
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				var err error
				if c.replay {
					_, err = keeper.Replay(t.Context(), ops.Pick{IDs: uuids([]string{id}), Max: 1})
				} else {
					_, err = keeper.Discard(t.Context(), "user:1", uuids([]string{id}), "for the test")
				}
				done <- err
			}()
			d.until(t, "it waits", func() bool {
				return d.text(t, `SELECT count(*) FROM pg_stat_activity a WHERE a.datname = current_database() AND a.usename = 'ops' AND a.wait_event_type = 'Lock'`) == "1"
			})
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-done; (err != nil) != (c.kind != 0) || err != nil && fault.KindOf(err) != c.kind {
				t.Errorf("%v", err)
			}
			if got := d.state(t, id); got != c.state {
				t.Errorf("%s, want %s", got, c.state)
			}
			if n := d.Redis.XLen(t.Context(), "orders_stream").Val(); n != c.sent {
				t.Errorf("%d entries were sent, want %d", n, c.sent)
			}
		})
	}
}

// TestStoryIsOneMoment: what happens while a story is asked for is in the next one.
func TestStoryIsOneMoment(t *testing.T) {
	t.Parallel()
	d := setup(t)
	keeper := d.keeper(t)
	d.exec(t, `INSERT INTO orders.orders (id, user_id, username, status, total_price, item_count, deadline) OVERRIDING SYSTEM VALUE
		VALUES (7, 1, 'buyer', 'PENDING', 1.50, 1, now())`)
	d.exec(t, `CREATE OR REPLACE FUNCTION products.story(id bigint) RETURNS json LANGUAGE plpgsql
		AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END'`)
	tx, err := d.DB.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(1)`)
	}
	if err != nil {
		t.Fatal(err)
	}
	tell := func() string {
		story, err := keeper.Tell(t.Context(), 7)
		if err != nil {
			return err.Error()
		}
		return strconv.Itoa(len(story.Letters)) + " letters, " + strconv.Itoa(len(story.Deeds)) + " deeds"
	}
	told := make(chan string, 1)
	go func() { told <- tell() }()
	d.until(t, "it has begun", func() bool {
		return d.text(t, `SELECT count(*) FROM pg_stat_activity a WHERE a.datname = current_database() AND a.usename = 'ops' AND a.wait_event = 'advisory'`) == "1"
	})
	d.bury(t, letter{order: 7})
	d.exec(t, `INSERT INTO ops.audit (actor, action, target) VALUES ('user:1', 'x', 'order:7')`)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got != "0 letters, 0 deeds" {
		t.Errorf("told of %s, which came later", got)
	}
	if got := tell(); got != "1 letters, 1 deeds" {
		t.Errorf("then told of %s", got)
	}
}
