// Package migrations holds the database's schema as forward-only SQL, a folder for each domain, and
// brings a database up to it.
package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed roles.sql auth/*.sql products/*.sql orders/*.sql ops/*.sql
var files embed.FS

// Schemas lists the domains' schemas in the order in which they are migrated.
func Schemas() []string { return []string{"auth", "products", "orders", "ops"} }

// Fingerprint names the state that Apply brings a database to: it changes with any migration.
func Fingerprint() string {
	h := sha256.New()
	_ = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			text, _ := files.ReadFile(path) // embedded: it cannot fail
			fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		}
		return err
	})
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Applied is one migration that Apply ran.
type Applied struct {
	Schema string `json:"schema"`
	File   string `json:"file"`
}

// Apply makes the roles and schemas and runs every migration that the database lacks. Several callers
// at once take turns. A password, when given, is set for every domain's role.
func Apply(ctx context.Context, owner *pgxpool.Pool, password string) ([]Applied, error) {
	db := stdlib.OpenDBFromPool(owner)
	defer db.Close()
	if err := makeRoles(ctx, db, password); err != nil {
		return nil, fmt.Errorf("making the roles: %w", err)
	}
	var done []Applied
	for _, schema := range Schemas() {
		files, err := migrate(ctx, db, schema)
		if err != nil {
			return done, fmt.Errorf("migrating %s: %w", schema, err)
		}
		done = append(done, files...)
	}
	return done, nil
}

// turn is the key of the advisory lock that callers of Apply queue for; any number that nobody else
// in this database uses.
const turn = 20261123

// makeRoles tries again when another database of the same server is doing the same: roles are the server's,
// and its answer to two at once is an internal error.
func makeRoles(ctx context.Context, db *sql.DB, password string) error {
	const tries = 10
	for try := 1; ; try++ {
		err := roles(ctx, db, password)
		e, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || e.Code != "XX000" || try == tries {
			return err
		}
	}
}

func roles(ctx context.Context, db *sql.DB, password string) error {
	script, err := files.ReadFile("roles.sql")
	if err != nil {
		return err //nolint:wrapcheck // embedded: it cannot fail
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, turn); err != nil {
		return fmt.Errorf("waiting for a turn: %w", err)
	}
	if _, err := tx.ExecContext(ctx, string(script)); err != nil {
		return fmt.Errorf("roles.sql: %w", err)
	}
	if password != "" {
		if err := setPasswords(ctx, tx, password); err != nil {
			return err
		}
	}
	return tx.Commit() //nolint:wrapcheck // the caller says what it was
}

func setPasswords(ctx context.Context, tx *sql.Tx, password string) error {
	for _, role := range append(Schemas(), "relay") {
		var statement string
		err := tx.QueryRowContext(ctx, `SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)`, role, password).Scan(&statement)
		if err != nil {
			return fmt.Errorf("password of %s: %w", role, err)
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("password of %s: %w", role, err)
		}
	}
	return nil
}

func migrate(ctx context.Context, db *sql.DB, schema string) ([]Applied, error) {
	folder, err := fs.Sub(files, schema)
	if err != nil {
		return nil, err //nolint:wrapcheck // embedded: it cannot fail
	}
	turns, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says which schema
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, folder,
		goose.WithTableName(schema+".goose_db_version"), goose.WithSessionLocker(turns))
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says which schema
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says which schema
	}
	var done []Applied
	for _, r := range results {
		done = append(done, Applied{schema, r.Source.Path})
	}
	return done, nil
}
