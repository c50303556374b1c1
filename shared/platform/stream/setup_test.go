package stream_test

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"mercato/shared/platform"
	"mercato/shared/platform/pgtest"
	"mercato/shared/platform/queuetest"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/streamtest"
)

const name, group = "letters", "orders"

// bundle is a stream with a consumer group whose work a test decides.
type bundle struct {
	pg    pgtest.DB
	db    *pgxpool.Pool // the owner's
	queue *queuetest.Queue
	redis *redis.Client
	url   string
	apply func(ctx context.Context, entries []stream.Entry) error
	valid func(e stream.Entry) error

	chores []stream.Chore[*bundle]
}

func setup(t testing.TB) *bundle {
	t.Helper()
	url, r := streamtest.New(t)
	db := pgtest.New(t)
	return &bundle{
		pg: db, db: db.Owner(t), queue: &queuetest.Queue{}, redis: r, url: url,
		valid: func(stream.Entry) error { return nil },
	}
}

func (b *bundle) env(t testing.TB, variables map[string]string) *platform.Env {
	t.Helper()
	set := map[string]string{
		"DATABASE_URL": b.pg.URL, "DATABASE_PASSWORD": pgtest.Password,
		"REDIS_URL": b.url, "CONSUME_FOR": "60s", "CONSUME_BLOCK": "200ms", "CONSUME_LEASE": "600ms", "RETRY_BASE": "5ms", "RETRY_CAP": "50ms",
	}
	maps.Copy(set, variables)
	env, err := platform.New(func(name string) (string, bool) { v, ok := set[name]; return v, ok }, b.queue.Grant())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Close)
	return env
}

func (b *bundle) consumer(t testing.TB, variables map[string]string) *stream.Consumer {
	t.Helper()
	return stream.Subscription[*bundle]{
		Name: "test", Group: group, Open: func(*platform.Env) *bundle { return b }, Chores: b.chores,
		Reads: []stream.Reads[*bundle]{{
			Stream: name, Valid: b.valid,
			Apply: func(b *bundle, ctx context.Context, entries []stream.Entry) error { return b.apply(ctx, entries) },
		}},
	}.Consumer(b.env(t, variables))
}

// consume starts a consumer and returns how to stop it; it has stopped when the test ends.
func (b *bundle) consume(t testing.TB, variables map[string]string) (stop func()) {
	t.Helper()
	c := b.consumer(t, variables)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func (b *bundle) add(t testing.TB, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := b.redis.XAdd(t.Context(), &redis.XAddArgs{Stream: name, Values: []string{"text", text}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// pending counts entries that were read and not acknowledged.
func (b *bundle) pending(t testing.TB) int64 {
	t.Helper()
	p, err := b.redis.XPending(t.Context(), name, group).Result()
	if err != nil {
		t.Fatal(err)
	}
	return p.Count
}

// until waits for a condition, for as long as a busy machine may need.
func until(t testing.TB, what string, met func() bool) {
	t.Helper()
	tick, limit := time.NewTicker(5*time.Millisecond), time.NewTimer(30*time.Second)
	defer tick.Stop()
	defer limit.Stop()
	for !met() {
		select {
		case <-limit.C:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

// log collects what was applied.
type log struct {
	mu    sync.Mutex
	texts map[string]int
}

func (l *log) add(entries []stream.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.texts == nil {
		l.texts = map[string]int{}
	}
	for _, e := range entries {
		l.texts[e.Fields["text"]]++
	}
}

func (l *log) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.texts[text]
}

func (l *log) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.texts)
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
