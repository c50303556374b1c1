package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"mercato/shared/platform/config"
	"mercato/shared/platform/pgtest"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
)

// proxy stands before Postgres, so that one test's Postgres can be away.
type proxy struct {
	listener net.Listener
	server   string
	away     atomic.Bool
	mu       sync.Mutex
	conns    []net.Conn
	running  sync.WaitGroup
}

// behind returns the URL of the bundle's database through a proxy.
func behind(t *testing.T, server string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	var listening net.ListenConfig
	l, err := listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, server: u.Host}
	p.running.Go(p.serve)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.running.Wait()
	})
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) serve() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		s, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.server)
		if err != nil || p.away.Load() {
			_ = c.Close()
			if err == nil {
				_ = s.Close()
			}
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, c, s)
		p.mu.Unlock()
		for from, to := range map[net.Conn]net.Conn{c: s, s: c} {
			p.running.Go(func() {
				_, _ = io.Copy(to, from)
				_ = to.Close()
			})
		}
	}
}

// cut breaks every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// TestOutage_postgres: while Postgres is away no entry fails, whatever its own fault: one that would fail by itself,
// and malformed ones that wait to be buried, are what they were when it is back.
func TestOutage_postgres(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	p, through := behind(t, b.pg.URL)
	pool, err := postgres.Open(config.Config{DatabaseURL: through, DatabasePassword: pgtest.Password, DatabasePool: 2, DatabaseConnect: time.Second}, group)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var tries atomic.Int32
	take := b.takes(pool, done, func(text string) error {
		if text == "poison" {
			return errors.New("on purpose")
		}
		return nil
	})
	b.apply = func(ctx context.Context, entries []stream.Entry) error {
		tries.Add(1)
		if len(entries) == 1 && entries[0].Fields["text"] == "poison" && p.away.Load() {
			return errors.New("its own fault, in an outage")
		}
		return take(ctx, entries)
	}
	b.valid = func(e stream.Entry) error {
		if strings.HasPrefix(e.Fields["text"], "malformed") {
			return errors.New("malformed")
		}
		return nil
	}
	variables := map[string]string{"DATABASE_URL": through, "DATABASE_CONNECT": "1s"}
	b.consume(t, variables)
	b.add(t, "before")
	until(t, "work goes on before", func() bool { return done.count("before") == 1 })
	p.away.Store(true)
	p.cut()
	b.add(t, "poison", "malformed 1")
	b.consume(t, variables)
	b.add(t, "malformed 2", "good 1", "good 2")
	seen := tries.Load()
	until(t, "work is tried during the outage", func() bool { return tries.Load() > seen+20 })
	if n := b.count(t, `SELECT (SELECT count(*) FROM ops.dead_letters) + (SELECT count(*) FROM orders.failures)`); n != 0 {
		t.Errorf("%d rows tell of a failure", n)
	}
	p.away.Store(false)
	until(t, "the good ones are applied", func() bool { return done.count("good 1") == 1 && done.count("good 2") == 1 })
	until(t, "the bad ones are buried", func() bool { return len(b.letters(t)) == 3 })
	until(t, "nothing is pending", func() bool { return b.pending(t) == 0 })
	for _, l := range b.letters(t) {
		if l.Code == "failed" && l.Attempts != 5 {
			t.Errorf("%+v: the outage counts", l)
		}
	}
}

// TestOutage_schema: code that runs ahead of its migration pauses, and makes no dead letter of what it cannot apply.
func TestOutage_schema(t *testing.T) {
	t.Parallel()
	b, done := setup(t), &log{}
	var tries atomic.Int32
	var behind atomic.Bool
	behind.Store(true)
	b.apply = func(_ context.Context, entries []stream.Entry) error {
		if tries.Add(1); behind.Load() {
			return fmt.Errorf("taking stock: %w", &pgconn.PgError{Code: "42703", Message: "no such column"})
		}
		done.add(entries)
		return nil
	}
	b.consume(t, map[string]string{"MAX_ATTEMPTS": "1"})
	b.add(t, "early", "bird")
	until(t, "it has tried often", func() bool { return tries.Load() > 5 })
	if n := b.count(t, `SELECT (SELECT count(*) FROM orders.failures) + (SELECT count(*) FROM ops.dead_letters)`); n != 0 {
		t.Errorf("%d rows tell of a failure", n)
	}
	behind.Store(false)
	until(t, "both are applied", func() bool { return done.count("early") == 1 && done.count("bird") == 1 })
}
