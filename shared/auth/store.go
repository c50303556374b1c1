package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/session"
)

// insertUser leaves it to the unique indexes who comes first. Conflict (taken) for the one who does not.
func insertUser(ctx context.Context, db *pgxpool.Pool, username, email, hash string) (User, error) {
	u := User{Username: username, Email: email}
	err := db.QueryRow(ctx, `
		INSERT INTO auth.users (username, email, password_hash) VALUES ($1, $2, $3)
		RETURNING id, role, created_at`, username, email, hash).Scan(&u.ID, &u.Role, &u.CreatedAt)
	switch {
	case err == nil:
		return u, nil
	case postgres.IsUnique(err, "users_username_key"):
		return User{}, taken("username")
	case postgres.IsUnique(err, "users_email_key"):
		return User{}, taken("email")
	}
	return User{}, fmt.Errorf("inserting a user: %w", err)
}

func taken(field string) error {
	e := fault.New(fault.Conflict, "taken", "This %s is taken.", field)
	e.Fields = []fault.Field{{Location: "body." + field, Message: "is taken"}}
	return e
}

// userByEmail returns the user and the hash of his password; nobody, and an empty hash, when there is
// none.
func userByEmail(ctx context.Context, db *pgxpool.Pool, email string) (u User, hash string, err error) {
	err = db.QueryRow(ctx, `
		SELECT u.id, u.username, u.email, u.role, u.created_at, u.password_hash
		FROM auth.users u WHERE lower(u.email) = lower($1)`, email).
		Scan(&u.ID, &u.Username, &u.Email, &u.Role, &u.CreatedAt, &hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return User{}, "", fmt.Errorf("looking for an email: %w", err)
	}
	return u, hash, nil
}

// demoUser returns a seeded user; the email tells him from a stranger who took the name where nothing was
// seeded. NotFound when there is none.
func demoUser(ctx context.Context, db *pgxpool.Pool, username string) (u User, err error) {
	err = db.QueryRow(ctx, `
		SELECT u.id, u.username, u.email, u.role, u.created_at
		FROM auth.users u WHERE lower(u.username) = $1 AND u.email = $1 || '@demo.com'`, username).
		Scan(&u.ID, &u.Username, &u.Email, &u.Role, &u.CreatedAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return User{}, fault.New(fault.NotFound, "not_seeded", "The demo user %s is not in the database: db-migrate seeds it.", username)
	}
	if err != nil {
		return User{}, fmt.Errorf("looking for a demo user: %w", err)
	}
	return u, nil
}

func insertSession(ctx context.Context, db *pgxpool.Pool, c session.Caller, ttl time.Duration) error {
	_, err := db.Exec(ctx, `
		INSERT INTO auth.sessions (id, user_id, expires_at) VALUES ($1, $2, now() + $3::interval)`, c.SessionID, c.UserID, ttl)
	if err != nil {
		return fmt.Errorf("inserting a session: %w", err)
	}
	return nil
}

func revokeSession(ctx context.Context, db *pgxpool.Pool, sid string) error {
	_, err := db.Exec(ctx, `
		UPDATE auth.sessions SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL`, sid)
	if err != nil {
		return fmt.Errorf("revoking a session: %w", err)
	}
	return nil
}
