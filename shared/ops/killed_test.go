package ops_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

// TestReplayersKilled: two replayers work at once, and die at any moment, by their context or with their connection,
// many of them between what they send and its commit; and so does the reader. Every letter takes effect once.
func TestReplayersKilled(t *testing.T) {
	t.Parallel()
	const letters, crashes = 50, 10
	d := setup(t)
	d.exec(t, `WITH l AS (INSERT INTO ops.dead_letters (event_id, reader, stream, error_code, error, attempts, due_at, envelope)
			SELECT e.id, 'products', $1, 'failed', '', 5, now(), json_build_object('event_id', e.id)
			FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2)) e RETURNING event_id)
		INSERT INTO products.inbox (event_id, buried) SELECT l.event_id, 0 FROM l`, event.OrdersStream, letters)
	d.crashing(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	crashed := func() bool {
		var n int
		return d.DB.QueryRow(ctx, `SELECT c.last_value FROM public.crashes c`).Scan(&n) == nil && n > crashes
	}
	var died atomic.Int64
	var all sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		keeper := d.keeper(t)
		all.Go(func() {
			for over := false; !over; {
				life, end := context.WithTimeout(ctx, rand.N(200*time.Millisecond)) //nolint:gosec // no secret
				if _, err := keeper.ReplayDue(life, 10); err != nil {
					died.Add(1)
				}
				end()
				over = closed(ctx, done)
			}
		})
	}
	all.Go(func() { d.disturb(t, ctx, done) })
	all.Go(func() { d.read(ctx, done, crashed) })
	for left := "?"; left != "0" && !closed(ctx, done); {
		left = d.text(t, `SELECT count(*) FROM ops.dead_letters d WHERE d.state <> 'resolved'`)
	}
	close(done)
	all.Wait()
	got := d.text(t, `SELECT count(*) || ' effects of ' || count(DISTINCT e.event_id) || ' events' FROM products.effects e`)
	if want := strconv.Itoa(letters) + " effects of " + strconv.Itoa(letters) + " events"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := d.text(t, `SELECT count(*) FROM ops.dead_letters d WHERE d.state = 'resolved'`); got != strconv.Itoa(letters) {
		t.Errorf("%s letters resolved", got)
	}
	sent := d.Redis.XLen(t.Context(), event.OrdersStream).Val()
	if sent <= letters || died.Load() <= crashes {
		t.Errorf("%d entries and %d deaths: too peaceful to show anything", sent, died.Load())
	}
	t.Logf("%d letters, %d entries, %d deaths of replayers", letters, sent, died.Load())
}

// crashing lets every third change of letters, by a replayer or by the reader, end its connection: what a replayer
// sends has been sent by then.
func (d *desk) crashing(t *testing.T) {
	t.Helper()
	d.exec(t, `CREATE SEQUENCE public.crashes`)
	d.exec(t, `CREATE FUNCTION public.crash() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
		BEGIN
			IF session_user IN ('ops', 'products') AND random() < 0.33 THEN
				PERFORM nextval('public.crashes'), pg_terminate_backend(pg_backend_pid());
			END IF;
			RETURN NULL;
		END$$`)
	d.exec(t, `CREATE TRIGGER crash AFTER UPDATE ON ops.dead_letters FOR EACH STATEMENT EXECUTE FUNCTION public.crash()`)
}

func closed(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// disturb kills connections and lets the time of letters come, until done.
func (d *desk) disturb(t *testing.T, ctx context.Context, done <-chan struct{}) { //nolint:revive // the test comes first in a test
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !closed(ctx, done) {
		<-tick.C
		_, err := d.DB.Exec(ctx, `SELECT pg_terminate_backend(a.pid) FROM (SELECT a.pid FROM pg_stat_activity a
			WHERE a.datname = current_database() AND a.usename IN ('ops', 'products') ORDER BY random() LIMIT 1) a`)
		if err == nil {
			_, err = d.DB.Exec(ctx, `UPDATE ops.dead_letters d SET due_at = now() FROM (SELECT event_id, reader FROM ops.dead_letters
				WHERE due_at > now() FOR UPDATE SKIP LOCKED) l WHERE d.event_id = l.event_id AND d.reader = l.reader`)
		}
		if err != nil && !closed(ctx, done) {
			t.Error(err)
			return
		}
	}
}

// read applies every entry, batch by batch, each until it succeeds, once begin says so and until done.
func (d *desk) read(ctx context.Context, done <-chan struct{}, begin func() bool) {
	var batch []redis.XMessage
	for from := "-"; !closed(ctx, done); {
		if len(batch) == 0 && begin() {
			batch = d.Redis.XRangeN(ctx, event.OrdersStream, from, "+", 500).Val()
		}
		if len(batch) > 0 && d.apply(ctx, batch) == nil {
			from, batch = "("+batch[len(batch)-1].ID, nil
		}
	}
}
