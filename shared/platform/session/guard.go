package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/fault"
)

// Guard finds out who is calling.
type Guard struct {
	DB    *pgxpool.Pool // of any role: all may call auth.session
	Keys  PublicKeys
	Local bool
}

// Caller returns who sent the request: the zero Caller when it carries no token, or one that is not
// good or whose session has ended. Any other error is a failure of the database.
func (g Guard) Caller(r *http.Request) (Caller, error) {
	cookie, err := r.Cookie(CookieName(g.Local))
	if err != nil {
		return Caller{}, nil //nolint:nilerr // no cookie is an answer
	}
	sid, err := g.Keys.Verify(cookie.Value, time.Now())
	if err != nil {
		return Caller{}, nil //nolint:nilerr // a bad token is nobody's
	}
	c, err := g.alive(r.Context(), sid)
	if fault.KindOf(err) == fault.Unauthenticated {
		return Caller{}, nil
	}
	return c, err
}

func (g Guard) alive(ctx context.Context, sid string) (Caller, error) {
	c := Caller{SessionID: sid}
	err := g.DB.QueryRow(ctx, `SELECT s.user_id, s.username, s.email, s.role FROM auth.session($1) s`, sid).
		Scan(&c.UserID, &c.Username, &c.Email, &c.Role)
	if errors.Is(err, pgx.ErrNoRows) {
		return Caller{}, fault.New(fault.Unauthenticated, "", "Sign in again.")
	}
	return c, err
}
