package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/jackc/pgx/v5"

	"mercato/migrations"
)

// template is the database that is cloned.
var template = sync.OnceValues(findTemplate)

// findTemplate returns the migrated database of this state of the migrations. The first test that comes
// makes it, for all packages and runs on the same server; the others wait for it.
func findTemplate() (string, error) {
	ctx, server := context.Background(), os.Getenv("TEST_DATABASE_URL")
	name := "template_" + migrations.Fingerprint()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", fmt.Errorf("connecting: %w", err)
	}
	defer conn.Close(ctx)
	const turn = 20261124 // any number that no other lock of the maintenance database has
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, turn); err != nil {
		return "", fmt.Errorf("waiting for a turn: %w", err)
	}
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database d WHERE d.datname = $1)`, name).Scan(&there); err != nil || there {
		return name, err //nolint:wrapcheck // New says what it was doing
	}
	return name, makeTemplate(ctx, conn, server, name)
}

// makeTemplate migrates under another name, so that a template that is there is always whole.
func makeTemplate(ctx context.Context, conn *pgx.Conn, server, name string) error {
	unfinished := name + "_unfinished"
	for _, statement := range []string{`DROP DATABASE IF EXISTS "` + unfinished + `" WITH (FORCE)`, `CREATE DATABASE "` + unfinished + `"`} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	if err := migrate(ctx, database(server, unfinished, parse(server).User)); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `ALTER DATABASE "`+unfinished+`" RENAME TO "`+name+`"`)
	return err //nolint:wrapcheck // New says what it was doing
}

func migrate(ctx context.Context, url string) error {
	pool, err := connect(url, "")
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = migrations.Apply(ctx, pool, Password)
	return err //nolint:wrapcheck // it says what it migrated
}
