// Package postgres opens pools for a domain's role, runs transactions, and tells a passing failure
// from a lasting one.
package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/config"
)

// Server-side limits: the last defence when a function is frozen or killed with a transaction open.
const (
	statementTimeout = "10s"
	idleInTxTimeout  = "10s"
)

// Open makes a pool that logs in as role; it dials on first use. A URL that names a user wins over
// role (the owner's URL in db-migrate).
func Open(c config.Config, role string) (*pgxpool.Pool, error) {
	pc, err := pgxpool.ParseConfig(c.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	if !namesUser(c.DatabaseURL) {
		pc.ConnConfig.User, pc.ConnConfig.Password = role, c.DatabasePassword
	}
	pc.MaxConns = c.DatabasePool
	pc.MaxConnIdleTime = time.Minute // a thawed function must not meet a connection that the server dropped
	pc.PingTimeout = 2 * time.Second // without it the ping of an idle connection can hang for ever
	pc.HealthCheckPeriod = time.Hour // no background work in a function that may be frozen
	pc.ConnConfig.ConnectTimeout = c.DatabaseConnect
	parameters := pc.ConnConfig.RuntimeParams
	parameters["application_name"] = role
	parameters["search_path"] = "" // every statement names its schema
	parameters["statement_timeout"] = statementTimeout
	parameters["idle_in_transaction_session_timeout"] = idleInTxTimeout
	pool, err := pgxpool.NewWithConfig(context.Background(), pc)
	if err != nil {
		return nil, fmt.Errorf("opening the pool of %s: %w", role, err)
	}
	return pool, nil
}

// InTx runs fn in one READ COMMITTED transaction and commits it when fn returns nil. An error of the
// commit means that its outcome is unknown: an idempotency key or an inbox must settle it, never a
// blind retry.
func InTx(ctx context.Context, db *pgxpool.Pool, fn func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db, fn)
}
