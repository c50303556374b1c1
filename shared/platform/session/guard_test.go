package session_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"mercato/shared/platform"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/pgtest"
	"mercato/shared/platform/session"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	owner := db.Owner(t)
	arrange := func(statement string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	arrange(`INSERT INTO auth.users (username, email, password_hash, role) VALUES ('Bert', 'bert@example.com', '', 'OPERATOR')`)
	arrange(`INSERT INTO auth.sessions (id, user_id, expires_at) SELECT $1, u.id, now() + interval '1 hour' FROM auth.users u`, sid)
	key := private(t, "a", 1)
	token, err := key.Sign(caller, time.Now(), 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	// Any domain's role may ask; what the token says of name and role counts for nothing.
	guard := session.Guard{DB: db.As(t, "products"), Keys: ring(t, key.Public()), Local: true}
	send := func(name, value string) (session.Caller, error) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.AddCookie(&http.Cookie{Name: name, Value: value})
		return guard.Caller(r)
	}
	c, err := send("token", token)
	if err != nil || c.UserID == 0 || c.SessionID != sid || c.Username != "Bert" || c.Email != "bert@example.com" || c.Role != session.RoleOperator {
		t.Errorf("got %+v, %v", c, err)
	}
	for name, value := range map[string]string{"__Host-token": token, "other": token, "token": "x" + token} {
		if c, err := send(name, value); err != nil || c != (session.Caller{}) {
			t.Errorf("cookie %s: %+v, %v", name, c, err)
		}
	}
	for _, end := range []string{`UPDATE auth.sessions SET revoked_at = now()`, `UPDATE auth.sessions SET revoked_at = NULL, expires_at = now()`, `DELETE FROM auth.sessions`} {
		arrange(end)
		if c, err := send("token", token); err != nil || c != (session.Caller{}) {
			t.Errorf("%s: %+v, %v", end, c, err)
		}
	}
}

// When Postgres cannot be asked, nobody is let in and nobody is told that he has no session.
func TestGuardOutage(t *testing.T) {
	t.Parallel()
	key := private(t, "a", 1)
	token, err := key.Sign(caller, time.Now(), 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	pool := pgtest.New(t).As(t, "orders")
	guard := session.Guard{DB: pool, Keys: ring(t, key.Public()), Local: true}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody)
	r.AddCookie(&http.Cookie{Name: "token", Value: token})
	if c, err := guard.Caller(r); c.UserID != 0 || platform.KindOf(err) != fault.Unavailable {
		t.Errorf("got %+v, %v", c, err)
	}
}
