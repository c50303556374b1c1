package orders_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
)

// keyed is a request with an Idempotency-Key.
func (b bundle) keyed(key, quantity int) apitest.Request {
	return apitest.Request{
		Body: fmt.Sprintf(`{"items":[{"product_id":2,"quantity":%d}]}`, quantity), Cookie: b.cookie,
		Header: http.Header{"Idempotency-Key": {fmt.Sprintf("key-number-%08d", key)}},
	}
}

// insist sends a request until it is answered for good, as a client does that reads Retry-After.
func (b bundle) insist(t *testing.T, q apitest.Request) (a apitest.Answer) {
	t.Helper()
	for range 1000 {
		a = b.create.Do(t, q)
		if a.Status != http.StatusServiceUnavailable && !strings.Contains(string(a.Body), "in_flight") {
			return a
		}
	}
	return a
}

// together sends 20 requests with one key at once, and one with another body afterwards. It returns how many answers
// say that they are no replay.
func (b bundle) together(t *testing.T, key int) (first int) {
	t.Helper()
	answers := make([]apitest.Answer, 20)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = b.insist(t, b.keyed(key, 1)) })
	}
	wg.Wait()
	for _, a := range answers {
		if a.Status != 201 || string(a.Body) != string(answers[0].Body) {
			t.Errorf("key %d: %d %s, others %s", key, a.Status, a.Body, answers[0].Body)
		}
		if a.Header.Get("Idempotency-Replayed") != "true" {
			first++
		}
	}
	if a := b.insist(t, b.keyed(key, 2)); a.Status != 422 {
		t.Errorf("key %d with another body: %d %s", key, a.Status, a.Body)
	}
	return first
}

// complete checks that there is one whole order for each key and nothing else.
func (b bundle) complete(t *testing.T, keys int) {
	t.Helper()
	for what, query := range map[string]string{
		"orders":    `SELECT count(*) FROM orders.orders`,
		"timelines": `SELECT count(*) FROM orders.order_events`,
		"lines":     `SELECT count(*) FROM orders.order_items`,
		"events":    `SELECT count(DISTINCT x.fields ->> 'order_id') FROM orders.outbox x`,
		"keys":      `SELECT count(*) FROM orders.idempotency i JOIN orders.orders o ON o.id = i.order_id`,
	} {
		if n := b.count(t, query); n != keys {
			t.Errorf("%d %s for %d keys", n, what, keys)
		}
	}
}

func TestCreateIdempotent(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"DATABASE_POOL": "10"})
	keys := scale(20, 1000)
	for key := range keys {
		if first := b.together(t, key); first != 1 {
			t.Errorf("key %d: %d answers are no replay, want 1", key, first)
		}
	}
	b.complete(t, keys)
	_, stranger := b.app.SignUp(t, "stranger", session.RoleUser)
	other := b.keyed(0, 1)
	other.Cookie = stranger
	if a := b.create.Do(t, other); a.Status != 201 || a.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("a key is its user's own: %d %v", a.Status, a.Header)
	}
}

// TestCreateKilled kills connections at work, over and over, and those who wait for them.
func TestCreateKilled(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"DATABASE_POOL": "10"})
	keys, done, kills := scale(20, 1000), make(chan struct{}), make(chan int)
	go func() { kills <- b.kill(t, done) }()
	for key := range keys {
		if first := b.together(t, key); first > 1 { // 0: the reply to COMMIT was lost, and the key settled it
			t.Errorf("key %d: %d answers are no replay", key, first)
		}
	}
	close(done)
	if n := <-kills; n == 0 {
		t.Error("nobody was killed")
	} else {
		t.Logf("%d connections killed", n)
	}
	b.complete(t, keys)
}

// kill ends a connection that is in a transaction, every few milliseconds until done. It returns how many it ended.
func (b bundle) kill(t *testing.T, done <-chan struct{}) (kills int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond) // some requests come through in between
	defer tick.Stop()
	for {
		select {
		case <-done:
			return kills
		case <-tick.C:
			kills += b.count(t, `SELECT count(pg_terminate_backend(victim.pid)) FROM (
				SELECT a.pid FROM pg_stat_activity a WHERE a.datname = current_database() AND a.application_name = 'orders'
					AND a.state <> 'idle' ORDER BY random() LIMIT 1) victim`)
		}
	}
}

// TestCreateOwnerKilled kills the one connection that holds a key: nothing is left of it, and the next request places
// the order.
func TestCreateOwnerKilled(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hold, err := b.app.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback(t.Context()) //nolint:errcheck // ends the test's own hold
	if _, err := hold.Exec(t.Context(), `LOCK TABLE orders.order_items IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	answers := make(chan apitest.Answer, 1)
	go func() { answers <- b.create.Do(t, b.keyed(0, 1)) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for killed := 0; killed == 0; <-tick.C { // it has the key, and waits for the lines
		killed = b.count(t, `SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l
			WHERE NOT l.granted AND l.relation = 'orders.order_items'::regclass`)
	}
	if a := <-answers; a.Status != 503 || a.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
	}
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.complete(t, 0)
	if a := b.insist(t, b.keyed(0, 1)); a.Status != 201 || a.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
	}
	b.complete(t, 1)
}

// TestCreateInFlight: who waits too long for a key is told so.
func TestCreateInFlight(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tx, err := b.app.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // ends the test's own hold
	_, err = tx.Exec(t.Context(), `INSERT INTO orders.idempotency (user_id, key, body_hash, order_id) VALUES ($1, '0123456789abcdef', '', 1)`, b.buyer.UserID)
	if err != nil {
		t.Fatal(err)
	}
	a := b.create.Do(t, apitest.Request{
		Body: `{"items":[{"product_id":2,"quantity":1}]}`, Cookie: b.cookie,
		Header: http.Header{"Idempotency-Key": {"0123456789abcdef"}},
	})
	if a.Status != 409 || a.Header.Get("Retry-After") == "" || !strings.Contains(string(a.Body), "in_flight") {
		t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
	}
}

// FuzzIdempotencyKey: a key is 16 to 255 printable characters; any other is a 422, never a failure of ours.
func FuzzIdempotencyKey(f *testing.F) {
	for _, key := range []string{"", "0123456789abcde", "0123456789abcdef", strings.Repeat("~", 255), strings.Repeat("x", 256), "0123456789 abcdef", "0123456789abcdé\xff", "'; DROP TABLE orders.orders; --", "0123456789abcdef\x00"} {
		f.Add(key)
	}
	b := setup(f)
	f.Fuzz(func(t *testing.T, key string) {
		q := b.keyed(0, 1)
		q.Header = http.Header{"Idempotency-Key": {key}}
		want := 422
		if good := len(key) >= 16 && len(key) <= 255 && !strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }); good || key == "" {
			want = 201
		}
		a := b.create.Do(t, q)
		if a.Status != want {
			t.Errorf("%q: %d %s, want %d", key, a.Status, a.Body, want)
		}
	})
}
