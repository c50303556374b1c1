// Package pgtest gives every test a Postgres database of its own: a clone of one that was migrated once.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/config"
	"mercato/shared/platform/postgres"
)

// Password is every domain role's in tests.
const Password = "test"

// DB is one test's database.
type DB struct {
	URL   string // without a user: for a role
	owner string
}

// New clones a database and drops it when the test ends. Without TEST_DATABASE_URL it skips the test;
// in CI that is fatal.
func New(t testing.TB) DB {
	t.Helper()
	server := os.Getenv("TEST_DATABASE_URL")
	if server == "" {
		Missing(t, "TEST_DATABASE_URL")
	}
	from, err := template()
	if err != nil {
		t.Fatalf("migrating the template: %v", err)
	}
	name := "t_" + uuid.NewString()[:18]
	clone := `CREATE DATABASE "` + name + `" TEMPLATE "` + from + `" STRATEGY FILE_COPY`
	if err := onServer(server, clone); err != nil {
		t.Fatalf("cloning: %v", err)
	}
	t.Cleanup(func() {
		if err := onServer(server, `DROP DATABASE "`+name+`" WITH (FORCE)`); err != nil {
			t.Errorf("dropping: %v", err)
		}
	})
	return DB{URL: database(server, name, nil), owner: database(server, name, parse(server).User)}
}

// Missing ends a test that lacks a server.
func Missing(t testing.TB, variable string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not set: run the tests with `make test`", variable)
	}
	t.Skipf("%s is not set: `make test` brings a server up", variable)
}

// Owner opens a pool that may do everything, for arranging and asserting.
func (db DB) Owner(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return open(t, db.owner, "")
}

// As opens a pool of a role, with the same settings as in a function.
func (db DB) As(t testing.TB, role string) *pgxpool.Pool {
	t.Helper()
	return open(t, db.URL, role)
}

func open(t testing.TB, url, role string) *pgxpool.Pool {
	t.Helper()
	pool, err := connect(url, role)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func connect(url, role string) (*pgxpool.Pool, error) {
	c := config.Config{DatabaseURL: url, DatabasePassword: Password, DatabasePool: 8, DatabaseConnect: 10 * time.Second}
	return postgres.Open(c, role) //nolint:wrapcheck // it says what it opened
}

func onServer(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

func database(server, name string, user *url.Userinfo) string {
	u := parse(server)
	u.Path, u.User = "/"+name, user
	return u.String()
}

func parse(server string) *url.URL {
	u, err := url.Parse(server)
	if err != nil {
		panic("TEST_DATABASE_URL is not a URL")
	}
	return u
}
