package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mercato/shared/auth"
	"mercato/shared/platform"
	"mercato/shared/platform/api"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/config"
	"mercato/shared/platform/pgtest"
)

// keeper answers for the signing key's secret.
type keeper struct {
	value []byte
	err   error
}

func (k keeper) Value(context.Context) ([]byte, error) { return k.value, k.err }

// A signing key that cannot be read is an outage, not a wrong password; one that is no key is our fault.
// Either way nobody gets a session.
func TestLoginWithoutKey(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	send := func(t *testing.T, o api.Operation, k keeper, body string) apitest.Answer {
		t.Helper()
		variables := map[string]string{"STAGE": "local", "DATABASE_URL": db.URL, "DATABASE_PASSWORD": pgtest.Password}
		lookup := func(name string) (string, bool) { v, ok := variables[name]; return v, ok }
		env, err := platform.New(lookup, platform.Grant{Kind: "secret", Open: func(config.Config, string) any { return k }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(env.Close)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, o.Spec().Path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		o.Handler(env).ServeHTTP(w, r)
		return apitest.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
	}
	form := `{"username":"anna","email":"a@b","password":"correct horse","repeat_password":"correct horse"}`
	if a := send(t, auth.Signup, keeper{}, form); a.Status != http.StatusCreated {
		t.Fatalf("sign-up: %d %s", a.Status, a.Body)
	}
	for name, c := range map[string]struct {
		keeper keeper
		status int
		code   string
	}{
		"unreadable": {keeper{err: errors.New("no route to vault-7")}, 503, "unavailable"},
		"rubbish":    {keeper{value: []byte("top secret")}, 500, "internal"},
		"no key":     {keeper{value: []byte(`{"kid":"a","private":"dG9wIHNlY3JldA"}`)}, 500, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := send(t, auth.Login, c.keeper, `{"email":"a@b","password":"correct horse"}`)
			refused(t, answer, c.status, c.code, "")
			for _, inside := range []string{"vault", "top secret", "kid"} {
				if strings.Contains(string(answer.Body), inside) {
					t.Errorf("the answer tells why: %s", answer.Body)
				}
			}
		})
	}
	owner := db.Owner(t)
	t.Cleanup(func() { // after the subtests
		var sessions int
		if err := owner.QueryRow(context.Background(), `SELECT count(*) FROM auth.sessions`).Scan(&sessions); err != nil || sessions != 0 {
			t.Errorf("%d sessions begun, %v", sessions, err)
		}
	})
}
