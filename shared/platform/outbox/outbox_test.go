package outbox_test

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform"
	"mercato/shared/platform/outbox"
	"mercato/shared/platform/pgtest"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/streamtest"
)

// bundle has the outbox of orders, whose stream "both" two schemas read and whose stream "one" one does.
type bundle struct {
	db    *pgxpool.Pool
	redis *redis.Client
	env   map[string]string
}

func setup(t *testing.T) bundle {
	t.Helper()
	db := pgtest.New(t)
	url, r := streamtest.New(t)
	return bundle{db.Owner(t), r, map[string]string{
		"DATABASE_URL": db.URL, "DATABASE_PASSWORD": pgtest.Password, "REDIS_URL": url, "DATABASE_POOL": "4",
	}}
}

func (b bundle) relay(t *testing.T, variables map[string]string) *outbox.Relay {
	t.Helper()
	set := maps.Clone(b.env)
	maps.Copy(set, variables)
	env, err := platform.New(func(name string) (string, bool) { v, ok := set[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Close)
	return outbox.OpenRelay(env, []outbox.Route{
		{Stream: "one", Writer: "orders", Readers: []string{"products"}},
		{Stream: "both", Writer: "orders", Readers: []string{"products", "orders"}},
	})
}

// met tells the relay that this Redis is not a new one.
func (b bundle) met(t *testing.T) {
	t.Helper()
	if err := b.redis.Set(t.Context(), "relay:met", 1, 0).Err(); err != nil {
		t.Fatal(err)
	}
}

func (b bundle) exec(t *testing.T, query string, arguments ...any) {
	t.Helper()
	if _, err := b.db.Exec(t.Context(), query, arguments...); err != nil {
		t.Fatal(err)
	}
}

// write puts messages into the outbox, due after a time that may be in the past.
func (b bundle) write(t *testing.T, name string, due time.Duration, n int) (ids []string) {
	t.Helper()
	var messages []stream.Message
	for range n {
		id := uuid.NewString()
		ids = append(ids, id)
		messages = append(messages, stream.Message{EventID: id, Stream: name, Fields: map[string]string{"event_id": id, "text": "ünï\"code"}})
	}
	err := postgres.InTx(t.Context(), b.db, func(tx pgx.Tx) error {
		return outbox.Outbox{Schema: "orders", Due: due}.PublishTx(t.Context(), tx, messages...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func (b bundle) left(t *testing.T) (n int) {
	t.Helper()
	if err := b.db.QueryRow(t.Context(), `SELECT count(*) FROM orders.outbox`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (b bundle) look(t *testing.T, r *outbox.Relay) {
	t.Helper()
	if err := r.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestRelayPublishesAgain: publishes what is due under the same id and puts it off, longer each time.
func TestRelayPublishesAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	r := b.relay(t, map[string]string{"OUTBOX_DUE": "10s", "OUTBOX_CAP": "1m"})
	id := b.write(t, "one", -time.Second, 1)[0]
	b.write(t, "one", time.Hour, 1)
	for i, want := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute} {
		b.look(t, r)
		var attempts int
		var wait float64
		err := b.db.QueryRow(t.Context(), `SELECT attempts, extract(epoch FROM due_at - now()) FROM orders.outbox WHERE event_id = $1`, id).Scan(&attempts, &wait)
		if err != nil || attempts != i+1 || wait < 0.4*want.Seconds() || wait > 1.5*want.Seconds() {
			t.Errorf("look %d: %d attempts, due in %.1f s, want half to one and a half of %v (%v)", i, attempts, wait, want, err)
		}
		b.look(t, r) // not due: nothing happens
		b.exec(t, `UPDATE orders.outbox SET due_at = now() WHERE event_id = $1`, id)
	}
	entries := streamtest.Entries(t, b.redis, "one")
	want := map[string]any{"event_id": id, "text": "ünï\"code"}
	if len(entries) != 5 {
		t.Fatalf("%d entries, want 5", len(entries))
	}
	if diff := cmp.Diff(want, entries[4]); diff != "" {
		t.Error(diff)
	}
}

// TestRelayDeletes: deletes what every reader has confirmed.
func TestRelayDeletes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	r := b.relay(t, nil)
	one, both := b.write(t, "one", 0, 1)[0], b.write(t, "both", 0, 1)[0]
	b.exec(t, `INSERT INTO products.inbox (event_id) VALUES ($1), ($2)`, one, both)
	b.look(t, r)
	if n := b.left(t); n != 1 {
		t.Errorf("%d rows left, want the one that only one of two readers has", n)
	}
	b.exec(t, `INSERT INTO orders.inbox (event_id) VALUES ($1)`, both)
	b.exec(t, `UPDATE orders.outbox SET due_at = now()`)
	b.look(t, r)
	if n := b.left(t); n != 0 {
		t.Errorf("%d rows left", n)
	}
	if n := len(streamtest.Entries(t, b.redis, "one")); n != 0 {
		t.Errorf("%d entries: what is confirmed is not published again", n)
	}
}

// TestRelayKnowsDecisions: an order's decision confirms its event.
func TestRelayKnowsDecisions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	id := b.write(t, "one", 0, 1)[0]
	b.exec(t, `INSERT INTO products.decisions (order_id, event_id) VALUES (7, $1)`, id)
	b.look(t, b.relay(t, nil))
	if n := b.left(t); n != 0 {
		t.Errorf("%d rows left", n)
	}
}

// mayNot returns the URL of a login that may read these streams and not write to them.
func (b bundle) mayNot(t *testing.T, streams ...string) string {
	t.Helper()
	name := "u" + uuid.NewString()
	rule := []any{"ACL", "SETUSER", name, "on", "nopass", "+@all", "~relay:*"}
	for _, s := range []string{"one", "both"} {
		if slices.Contains(streams, s) {
			rule = append(rule, "%R~"+s)
		} else {
			rule = append(rule, "~"+s)
		}
	}
	if err := b.redis.Do(t.Context(), rule...).Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.redis.Do(context.Background(), "ACL", "DELUSER", name).Err() })
	u, err := url.Parse(b.env["REDIS_URL"])
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, "any")
	return u.String()
}

// TestRelayWithoutRedis: puts nothing off while Redis is away.
func TestRelayWithoutRedis(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	b.write(t, "one", -time.Second, 3)
	if err := b.relay(t, map[string]string{"REDIS_URL": b.mayNot(t, "one", "both")}).Look(t.Context()); err == nil {
		t.Error("no error")
	}
	var due int
	if err := b.db.QueryRow(t.Context(), `SELECT count(*) FROM orders.outbox WHERE attempts = 0 AND due_at <= now()`).Scan(&due); err != nil || due != 3 {
		t.Errorf("%d rows still due, want 3 (%v)", due, err)
	}
}

// TestRelayGoesOnPastABrokenStream: what was published is not published again because its neighbour was refused.
func TestRelayGoesOnPastABrokenStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	b.write(t, "one", -time.Second, 2)
	b.write(t, "both", -time.Second, 3)
	r := b.relay(t, map[string]string{"REDIS_URL": b.mayNot(t, "one")})
	b.look(t, r)
	b.look(t, r)
	if n := len(streamtest.Entries(t, b.redis, "both")); n != 3 {
		t.Errorf("%d entries, want each of 3 once", n)
	}
	if n := b.left(t); n != 5 {
		t.Errorf("%d rows left, want all", n)
	}
}

// TestRelayMeetsNewRedis: makes everything due when Redis is new.
func TestRelayMeetsNewRedis(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, "one", time.Hour, 3)
	r := b.relay(t, nil)
	b.look(t, r)
	if n := len(streamtest.Entries(t, b.redis, "one")); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
	b.exec(t, `UPDATE orders.outbox SET due_at = now() + interval '1 hour'`)
	b.look(t, r)
	if n := len(streamtest.Entries(t, b.redis, "one")); n != 3 {
		t.Errorf("%d entries, want still 3: Redis is known now", n)
	}
	if err := b.redis.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	b.look(t, r)
	if n := len(streamtest.Entries(t, b.redis, "one")); n != 3 {
		t.Errorf("%d entries after Redis lost its memory, want 3", n)
	}
}

// TestRelaysShare: two relays share the work.
func TestRelaysShare(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	b.write(t, "one", 0, 500)
	var wg sync.WaitGroup
	for range 2 {
		r := b.relay(t, map[string]string{"RELAY_BATCH": "20"})
		wg.Go(func() {
			if err := r.Look(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(streamtest.Entries(t, b.redis, "one")); n != 500 {
		t.Errorf("%d entries, want each of 500 once", n)
	}
}

func TestPublishTxIsPartOfItsTransaction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	refused := errors.New("on purpose")
	err := postgres.InTx(t.Context(), b.db, func(tx pgx.Tx) error {
		m := stream.Message{EventID: uuid.NewString(), Stream: "one", Fields: map[string]string{}}
		if err := (outbox.Outbox{Schema: "orders"}).PublishTx(t.Context(), tx, m); err != nil {
			return err
		}
		return refused
	})
	if !errors.Is(err, refused) || b.left(t) != 0 {
		t.Errorf("%v, %d rows", err, b.left(t))
	}
}

func TestRunEndsInTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.write(t, "one", 0, 1)
	if err := b.relay(t, map[string]string{"CONSUME_FOR": "2s", "RELAY_TICK": "10ms"}).Run(t.Context()); err != nil {
		t.Error(err)
	}
	if n := len(streamtest.Entries(t, b.redis, "one")); n != 1 {
		t.Errorf("%d entries", n)
	}
}
