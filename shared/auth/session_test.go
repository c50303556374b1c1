package auth_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"mercato/shared/auth"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
)

func TestSession(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	for role, permissions := range map[session.Role]int{
		session.RoleUser: 0, session.RoleModerator: 2, session.RoleOperator: 2, session.RoleAdmin: 6,
	} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			caller, c := b.SignUp(t, strings.ToLower(string(role)), role)
			got := b.who(t, c)
			if !got.IsAuth || got.User == nil {
				t.Fatalf("got %+v", got)
			}
			u := got.User
			if u.ID != caller.UserID || u.Username != caller.Username || u.Email != caller.Email || u.Role != role {
				t.Errorf("got %+v, want %+v", u, caller)
			}
			if u.Permissions == nil || len(u.Permissions) != permissions || !slices.Equal(u.Permissions, role.Permissions()) {
				t.Errorf("permissions %v", u.Permissions)
			}
		})
	}
}

func TestSessionOfNobody(t *testing.T) {
	t.Parallel()
	for stage, names := range map[string]string{"local": `["demo","demo2","admin"]`, "demo": `["demo","demo2"]`, "prod": `[]`} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			b := setup(t, stage)
			want := `{"isAuth":false,"demoLogins":` + names + `}`
			for _, c := range []*http.Cookie{nil, {Name: session.CookieName(stage == "local"), Value: "e30.e30.e30"}, {Name: "other", Value: "x"}} {
				answer := b.session.Do(t, apitest.Request{Cookie: c})
				if got := string(bytes.TrimSpace(answer.Body)); answer.Status != http.StatusOK || got != want {
					t.Errorf("got %d %s, want %s", answer.Status, got, want)
				}
			}
		})
	}
}

// What an administrator changes holds from the next request on, whatever the token says.
func TestSessionFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	change := func(statement string, id any) {
		t.Helper()
		if _, err := b.DB.Exec(t.Context(), statement, id); err != nil {
			t.Fatal(err)
		}
	}
	caller, c := b.SignUp(t, "anna", session.RoleUser)
	change(`UPDATE auth.users SET role = 'OPERATOR' WHERE id = $1`, caller.UserID)
	if got := b.who(t, c); got.User == nil || got.User.Role != session.RoleOperator || len(got.User.Permissions) != 2 {
		t.Errorf("after the change of role: %+v", got.User)
	}
	change(`UPDATE auth.sessions SET expires_at = now() WHERE id = $1`, caller.SessionID)
	if got := b.who(t, c); got.IsAuth || got.User != nil {
		t.Errorf("after the session's end: %+v", got)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	b.signUp(t, form("anna"))
	c := cookie(t, b.logIn(t, "anna@example.com", secret))
	answer := b.logout.Do(t, apitest.Request{Cookie: c})
	var got auth.LogoutResponse
	answer.Into(t, &got)
	if answer.Status != http.StatusOK || got.Message == "" {
		t.Fatalf("got %d %s", answer.Status, answer.Body)
	}
	if gone := cookie(t, answer); gone.Name != c.Name || gone.Value != "" || gone.MaxAge != -1 || gone.Path != "/" {
		t.Errorf("the cookie stays: %s", gone)
	}
	if b.who(t, c).IsAuth {
		t.Error("the old token still opens the door")
	}
	var ended int
	if err := b.DB.QueryRow(t.Context(), `SELECT count(*) FROM auth.sessions s WHERE s.revoked_at IS NOT NULL`).Scan(&ended); err != nil || ended != 1 {
		t.Errorf("%d sessions revoked, %v", ended, err)
	}
}

func TestLogoutOfNobody(t *testing.T) {
	t.Parallel()
	b := setup(t, "demo")
	_, other := b.SignUp(t, "anna", session.RoleUser)
	other.Name = session.CookieName(false)
	for _, q := range []apitest.Request{{}, {Body: "{}"}, {Cookie: &http.Cookie{Name: other.Name, Value: "stale"}}} {
		answer := b.logout.Do(t, q)
		if gone := cookie(t, answer); answer.Status != http.StatusOK || gone.Name != "__Host-token" || gone.MaxAge != -1 || !gone.Secure {
			t.Errorf("got %d %s, %s", answer.Status, answer.Body, gone)
		}
	}
	if !b.who(t, other).IsAuth {
		t.Error("somebody else was logged out")
	}
	refused(t, b.logout.Do(t, apitest.Request{Body: `{"all":true}`}), 400, "malformed", "body")
	refused(t, b.logout.Do(t, apitest.Request{Header: http.Header{"Origin": {"https://evil.example"}}}), 403, "forbidden", "")
}

// No answer of the domain holds a hash, a session's id or a token, whoever asks.
func TestNoSecretInAnyAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	b.seed(t, "local")
	signedUp := b.signup.Do(t, apitest.Request{Body: form("anna")})
	loggedIn := b.logIn(t, "anna@example.com", secret)
	c := cookie(t, loggedIn)
	answers := []apitest.Answer{
		signedUp, loggedIn,
		b.signup.Do(t, apitest.Request{Body: form("anna")}),
		b.logIn(t, "anna@example.com", "wrong"),
		b.demoLogin.Do(t, apitest.Request{}),
		b.session.Do(t, apitest.Request{Cookie: c}),
		b.logout.Do(t, apitest.Request{Cookie: c}),
	}
	secrets := []string{secret, "argon2", "password_hash", "Bearer", "eyJ", c.Value}
	rows, err := b.DB.Query(context.Background(), `SELECT s.id::text FROM auth.sessions s UNION SELECT u.password_hash FROM auth.users u`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, s)
	}
	if err := rows.Err(); err != nil || len(secrets) < 10 {
		t.Fatalf("%d secrets, %v", len(secrets), err)
	}
	for _, a := range answers {
		for _, s := range secrets {
			if bytes.Contains(a.Body, []byte(s)) {
				t.Errorf("%q is in %s", s, a.Body)
			}
		}
	}
}
