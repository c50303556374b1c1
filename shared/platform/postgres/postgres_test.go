package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mercato/shared/platform/config"
	"mercato/shared/platform/pgtest"
	"mercato/shared/platform/postgres"
)

func TestTransient(t *testing.T) {
	t.Parallel()
	pg := func(code string) error { return fmt.Errorf("work: %w", &pgconn.PgError{Code: code}) }
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"damaged": {pg("XX001"), false}, "no such column": {pg("42703"), false},
		"deadlock": {pg("40P01"), true}, "serialization": {pg("40001"), true}, "shutdown": {pg("57P01"), true},
		"too many connections": {pg("53300"), true}, "connection": {pg("08006"), true}, "read only": {pg("25006"), true}, "statement timeout": {pg("57014"), true},
		"unique": {pg("23505"), false}, "check": {pg("23514"), false}, "syntax": {pg("42601"), false}, "rights": {pg("42501"), false},
		"deadline": {context.DeadlineExceeded, true}, "cancelled": {context.Canceled, false}, "nothing": {nil, false},
		"refused": {&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, true}, "other": {errors.New("other"), false},
		"no rows": {pgx.ErrNoRows, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := postgres.Transient(c.err); got != c.want {
				t.Errorf("Transient(%v) = %v", c.err, got)
			}
			broken := map[string]bool{"syntax": true, "rights": true, "damaged": true, "no such column": true}
			if got := postgres.Broken(c.err); got != broken[name] {
				t.Errorf("Broken(%v) = %v", c.err, got)
			}
			if got := postgres.TimedOut(c.err); got != (name == "statement timeout") {
				t.Errorf("TimedOut(%v) = %v", c.err, got)
			}
		})
	}
}

func TestOpenRefused(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(config.Config{DatabaseURL: "postgres://127.0.0.1:1/x", DatabasePool: 1, DatabaseConnect: time.Second}, "orders")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.Ping(t.Context()); !postgres.Transient(err) {
		t.Errorf("a refused connection is lasting: %v", err)
	}
}

// TestSearchPath: a statement that forgets its schema must fail here, not in production.
func TestSearchPath(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).As(t, "orders")
	if _, err := db.Exec(t.Context(), `SELECT FROM orders`); err == nil {
		t.Error("an unqualified table was found")
	}
	if _, err := db.Exec(t.Context(), `SELECT FROM orders.orders`); err != nil {
		t.Error(err)
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Owner(t)
	refused := errors.New("on purpose")
	insert := func(b *pgx.Batch) {
		b.Queue(`INSERT INTO orders.inbox (event_id) VALUES (gen_random_uuid())`)
	}
	count := func() (n int) {
		t.Helper()
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM orders.inbox`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	run := func(answer func(*pgx.Batch) error) error { return postgres.Exchange(t.Context(), db, insert, answer) }

	if err := run(func(b *pgx.Batch) error { insert(b); return nil }); err != nil || count() != 2 {
		t.Errorf("both trips: %v, %d rows", err, count())
	}
	if err := run(func(*pgx.Batch) error { return refused }); !errors.Is(err, refused) || count() != 2 {
		t.Errorf("refused: %v, %d rows", err, count())
	}
	if err := run(func(b *pgx.Batch) error { insert(b); b.Queue(`SELECT 1/0`); insert(b); return nil }); err == nil || count() != 2 {
		t.Errorf("failed in the second trip: %v, %d rows", err, count())
	}
	err := postgres.Exchange(t.Context(), db, func(b *pgx.Batch) { insert(b); b.Queue(`SELECT 1/0`) }, func(*pgx.Batch) error { return nil })
	if err == nil || count() != 2 {
		t.Errorf("failed in the first trip: %v, %d rows", err, count())
	}
	var wg sync.WaitGroup
	for range 50 { // connections that came back are whole
		wg.Go(func() {
			if err := run(func(*pgx.Batch) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(); n != 52 {
		t.Errorf("%d rows, want 52", n)
	}
}

func TestIsUnique(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("insert: %w", &pgconn.PgError{Code: "23505", ConstraintName: "users_email_key"})
	if !postgres.IsUnique(err, "users_email_key") || postgres.IsUnique(err, "users_pkey") || postgres.IsUnique(nil, "") {
		t.Error("IsUnique")
	}
}
