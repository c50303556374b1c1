package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mercato/shared/platform"
	"mercato/shared/platform/inbox"
	"mercato/shared/platform/pgtest"
	"mercato/shared/platform/queuetest"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/streamtest"
)

// reader is products as far as it needs one: it takes the events of stream "one" into its inbox, and fails by those
// of the text poison.
func (b bundle) reader(t *testing.T) *stream.Consumer {
	t.Helper()
	queue := &queuetest.Queue{}
	set := map[string]string{
		"DATABASE_URL": b.env["DATABASE_URL"], "DATABASE_PASSWORD": pgtest.Password, "REDIS_URL": b.env["REDIS_URL"],
		"CONSUME_FOR": "60s", "CONSUME_BLOCK": "100ms", "CONSUME_LEASE": "300ms", "RETRY_BASE": "5ms", "RETRY_CAP": "20ms", "MAX_ATTEMPTS": "2",
	}
	env, err := platform.New(func(name string) (string, bool) { v, ok := set[name]; return v, ok }, queue.Grant())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Close)
	db := env.Postgres("products")
	return stream.Subscription[struct{}]{
		Name: "test", Group: "products", Open: func(*platform.Env) struct{} { return struct{}{} },
		Reads: []stream.Reads[struct{}]{{
			Stream: "one", Valid: func(stream.Entry) error { return nil },
			Apply: func(_ struct{}, ctx context.Context, entries []stream.Entry) error {
				var events []inbox.Event
				for _, e := range entries {
					if e.Fields["text"] == "poison" {
						return errors.New("on purpose")
					}
					events = append(events, inbox.Event{ID: e.Fields["event_id"]})
				}
				var batch pgx.Batch
				inbox.Queue(&batch, "products", events)
				return db.SendBatch(ctx, &batch).Close()
			},
		}},
	}.Consumer(env)
}

// TestLostTail: entries that are gone from behind the group's position, as after a failover that loses the tail, are
// published again and arrive, a dead letter counts as arrived, and the outbox is empty afterwards.
func TestLostTail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	b.write(t, "one", 0, 300)
	poison := b.write(t, "one", 0, 1)[0]
	b.exec(t, `UPDATE orders.outbox SET fields = json_build_object('event_id', event_id, 'text', 'poison') WHERE event_id = $1`, poison)
	r := b.relay(t, map[string]string{"OUTBOX_DUE": "100ms", "OUTBOX_CAP": "400ms"})
	b.look(t, r)
	// The group's position moves past them all; then they are gone.
	b.read(t, "one", "products", 1000, everything)
	messages, err := b.redis.XRange(t.Context(), "one", "-", "+").Result()
	if err != nil || len(messages) != 301 {
		t.Fatalf("%d entries, %v", len(messages), err)
	}
	for _, m := range messages {
		if err := b.redis.XDel(t.Context(), "one", m.ID).Err(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	defer cancel()
	run, stop := context.WithCancel(ctx)
	done, consumer := make(chan error, 1), b.reader(t)
	go func() { done <- consumer.Run(run) }()
	for b.left(t) > 0 && ctx.Err() == nil {
		b.look(t, r)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	var applied, dead int
	err = b.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM products.inbox WHERE buried IS NULL), (SELECT count(*) FROM ops.dead_letters)`).Scan(&applied, &dead)
	if err != nil || applied != 300 || dead != 1 || b.left(t) != 0 {
		t.Errorf("%d applied, %d dead letters, %d rows in the outbox, %v", applied, dead, b.left(t), err)
	}
	if n := len(streamtest.Entries(t, b.redis, "one")); n < 301 {
		t.Errorf("%d entries: nothing was published again", n)
	}
}
