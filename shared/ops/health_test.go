package ops_test

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform/apitest"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, map[string]string{"DATABASE_URL": "postgres://127.0.0.1:1/nowhere", "REDIS_URL": "redis://127.0.0.1:1"})
	answer := app.Open(t, ops.Health).Do(t, apitest.Request{})
	if got := string(bytes.TrimSpace(answer.Body)); answer.Status != http.StatusOK || got != `{"status":"ok"}` {
		t.Errorf("got %d %s", answer.Status, got)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, nil)
	client := app.Open(t, ops.Ready)
	look := func() ops.ReadyResponse {
		t.Helper()
		answer := client.Do(t, apitest.Request{})
		var got ops.ReadyResponse
		answer.Into(t, &got)
		if answer.Status != http.StatusOK || got.Status != "ok" || !got.Postgres || !got.Redis {
			t.Fatalf("got %d %s", answer.Status, answer.Body)
		}
		return got
	}
	fresh := look()
	if len(fresh.Outbox) != 2 || fresh.Outbox[0] != (ops.OutboxView{Schema: "orders"}) || fresh.Outbox[1] != (ops.OutboxView{Schema: "products"}) {
		t.Errorf("outboxes of a fresh shop: %+v", fresh.Outbox)
	}
	if fresh.Groups == nil || len(fresh.Groups) != 0 {
		t.Errorf("groups of a fresh shop: %+v", fresh.Groups)
	}
	if fresh.DeadLetters != 0 {
		t.Errorf("%d dead letters of a fresh shop", fresh.DeadLetters)
	}
	arrangeBacklog(t, app)
	late := look()
	if late.DeadLetters != 2 {
		t.Errorf("%d dead letters wait, want one for the schedule and one for a person", late.DeadLetters)
	}
	if o := late.Outbox[0]; o.Rows != 2 || o.AgeSeconds < 60 || late.Outbox[1].Rows != 0 {
		t.Errorf("outboxes: %+v", late.Outbox)
	}
	want := ops.GroupView{Stream: event.OrdersStream, Group: "products", Lag: 1, Pending: 2}
	if len(late.Groups) != 1 || late.Groups[0] != want {
		t.Errorf("groups: %+v, want %+v", late.Groups, want)
	}
}

// arrangeBacklog leaves two rows in an outbox, the older a minute old, a dead letter of each state, a stream of three entries of which
// two are being worked on, and a stream without a group.
func arrangeBacklog(t *testing.T, app *apitest.App) {
	t.Helper()
	ctx := t.Context()
	_, err := app.DB.Exec(ctx, `INSERT INTO orders.outbox (event_id, stream, fields, due_at, created_at)
		SELECT gen_random_uuid(), 'orders_stream', '{}', now(), now() - make_interval(secs => 60 * n) FROM generate_series(0, 1) n`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = app.DB.Exec(ctx, `INSERT INTO ops.dead_letters (event_id, reader, stream, error_code, error, attempts, state, due_at, envelope)
		SELECT gen_random_uuid(), 'products', 'orders_stream', 'failed', '', 5, s.state,
			CASE WHEN s.state IN ('dead', 'replaying') THEN now() END, '{}'
		FROM unnest('{dead,replaying,parked,resolved,discarded}'::text[]) s (state)`)
	if err != nil {
		t.Fatal(err)
	}
	pipe := app.Redis.Pipeline()
	for range 3 {
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: event.OrdersStream, Values: []string{"order_id", "1"}})
	}
	pipe.XAdd(ctx, &redis.XAddArgs{Stream: event.InventoryStream, Values: []string{"order_id", "1"}})
	pipe.XGroupCreate(ctx, event.OrdersStream, "products", "0")
	pipe.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "products", Consumer: "c", Streams: []string{event.OrdersStream, ">"}, Count: 2, Block: -1})
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
}

// What is there under a stream's name and is no stream is somebody's mistake, not an outage.
func TestReadyStrangeKey(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, nil)
	if err := app.Redis.Set(t.Context(), event.OrdersStream, "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if answer := app.Open(t, ops.Ready).Do(t, apitest.Request{}); answer.Status != http.StatusOK {
		t.Errorf("got %d %s", answer.Status, answer.Body)
	}
}

func TestReadyOutage(t *testing.T) {
	t.Parallel()
	const refusing = "127.0.0.1:1"
	mute := silence(t)
	// Nothing but Look's own patience ends a wait here.
	patient := map[string]string{"REQUEST_TIMEOUT": "1h", "DATABASE_CONNECT": "1h"}
	for name, c := range map[string]struct {
		postgres, redis string // empty: the one that works
	}{
		"Redis refuses":      {"", refusing},
		"Redis is mute":      {"", mute},
		"Postgres refuses":   {refusing, ""},
		"Postgres is mute":   {mute, ""},
		"both refuse":        {refusing, refusing},
		"both are mute":      {mute, mute},
		"one mute, one gone": {mute, refusing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables := maps.Clone(patient)
			if c.postgres != "" {
				variables["DATABASE_URL"] = "postgres://" + c.postgres + "/shop?sslmode=disable"
			}
			if c.redis != "" {
				variables["REDIS_URL"] = "redis://" + c.redis
			}
			answer := soon(t, apitest.New(t, variables).Open(t, ops.Ready))
			isProblem(t, answer, 503, "unavailable")
			var got struct {
				Postgres, Redis *bool
				Outbox          []ops.OutboxView
				Groups          []ops.GroupView
			}
			answer.Into(t, &got)
			if got.Postgres == nil || *got.Postgres != (c.postgres == "") || got.Redis == nil || *got.Redis != (c.redis == "") ||
				(len(got.Outbox) == 2) != (c.postgres == "") || got.Groups == nil {
				t.Errorf("got %s", answer.Body)
			}
			if answer.Header.Get("Retry-After") == "" {
				t.Errorf("headers %v", answer.Header)
			}
			for _, inside := range []string{"127.0.0.1", "dial", "tcp", "refused", "timeout", "deadline", "context", "SQLSTATE", "ops.Look"} {
				if strings.Contains(string(answer.Body), inside) {
					t.Errorf("the answer tells %q: %s", inside, answer.Body)
				}
			}
		})
	}
}

// A database that is not migrated yet answers: how far the outboxes are behind is unknown, and nothing else.
func TestReadyUnmigrated(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, nil)
	if _, err := app.DB.Exec(t.Context(), `DROP FUNCTION products.stats()`); err != nil {
		t.Fatal(err)
	}
	answer := app.Open(t, ops.Ready).Do(t, apitest.Request{})
	if answer.Status != http.StatusOK || !strings.Contains(string(answer.Body), `"outbox":[]`) {
		t.Errorf("got %d %s", answer.Status, answer.Body)
	}
}

// The same process answers 200 again once what was away is back.
func TestReadyRecovers(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, nil)
	client := app.Open(t, ops.Ready)
	exec := func(statement string) {
		t.Helper()
		if _, err := app.DB.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec(`ALTER FUNCTION orders.stats() RENAME TO good`)
	exec(`CREATE FUNCTION orders.stats() RETURNS TABLE (outbox_rows bigint, outbox_age_seconds double precision) LANGUAGE plpgsql
		AS 'BEGIN RAISE EXCEPTION ''starting up'' USING ERRCODE = ''57P03''; END'`)
	isProblem(t, client.Do(t, apitest.Request{}), 503, "unavailable")
	exec(`DROP FUNCTION orders.stats()`)
	exec(`ALTER FUNCTION orders.good() RENAME TO stats`)
	if answer := client.Do(t, apitest.Request{}); answer.Status != http.StatusOK {
		t.Errorf("got %d %s", answer.Status, answer.Body)
	}
}

// soon fails the test when the answer does not come within ten times the time that it may take.
func soon(t *testing.T, c *apitest.Client) apitest.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	answers := make(chan apitest.Answer, 1)
	go func() { answers <- c.Do(t, apitest.Request{}) }()
	select {
	case answer := <-answers:
		return answer
	case <-ctx.Done():
		t.Fatal("no answer: what does it wait for?")
		return apitest.Answer{}
	}
}

// silence is the address of a server that takes every connection and says nothing.
func silence(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes them; nobody ever looks
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}
