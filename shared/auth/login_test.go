package auth_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mercato/shared/auth"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	anna := b.signUp(t, form("Anna"))
	answer := b.logIn(t, "anna@EXAMPLE.com", secret)
	var got auth.UserResponse
	answer.Into(t, &got)
	if answer.Status != http.StatusOK || got.Message == "" || got.User != anna {
		t.Fatalf("got %d %s, want %+v", answer.Status, answer.Body, anna)
	}
	c := cookie(t, answer)
	if strings.Contains(string(answer.Body), c.Value) {
		t.Error("the token is in the body too")
	}
	who := b.who(t, c)
	if !who.IsAuth || who.User.ID != anna.ID || who.User.Username != "Anna" || who.User.Email != "Anna@example.com" || who.User.Role != session.RoleUser {
		t.Errorf("the cookie makes %+v", who)
	}
	var sid string
	var life time.Duration
	err := b.DB.QueryRow(t.Context(), `SELECT s.id::text, s.expires_at - s.created_at FROM auth.sessions s WHERE s.user_id = $1`, anna.ID).Scan(&sid, &life)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := uuid.Parse(sid); err != nil || id.Version() != 4 || life != 30*24*time.Hour {
		t.Errorf("session %s, version %d, lives for %s", sid, id.Version(), life)
	}
}

func TestLoginTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	b.signUp(t, form("anna"))
	first, second := cookie(t, b.logIn(t, "anna@example.com", secret)), cookie(t, b.logIn(t, "anna@example.com", secret))
	if a := b.logout.Do(t, apitest.Request{Cookie: first}); a.Status != http.StatusOK {
		t.Fatalf("log-out: %d %s", a.Status, a.Body)
	}
	if b.who(t, first).IsAuth || !b.who(t, second).IsAuth {
		t.Error("logging out of one session must end that one only")
	}
}

// Whoever does not know an account's password learns nothing about it, not even whether it is there.
func TestLoginTellsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	b.signUp(t, form("anna"))
	b.SignUp(t, "hashless", session.RoleUser) // a user whom no password fits
	answers := map[string]apitest.Answer{
		"unknown":         b.logIn(t, "nobody@example.com", secret),
		"no address":      b.logIn(t, "' OR 1=1 --", secret),
		"too long":        b.logIn(t, strings.Repeat("x", 300)+"@example.com", secret),
		"wrong":           b.logIn(t, "anna@example.com", "incorrect horse"),
		"short":           b.logIn(t, "anna@example.com", "x"),
		"long":            b.logIn(t, "anna@example.com", secret+strings.Repeat("x", 100)),
		"wildcard":        b.logIn(t, "a%@example.com", secret),
		"no hash":         b.logIn(t, "hashless@example.com", ""+secret),
		"username":        b.logIn(t, "anna", secret),
		"space around it": b.logIn(t, " anna@example.com", secret),
	}
	want := silhouette(t, answers["unknown"])
	for name, a := range answers {
		refused(t, a, 401, "unauthenticated", "")
		if got := silhouette(t, a); got != want {
			t.Errorf("%s: %s, but unknown: %s", name, got, want)
		}
	}
}

// silhouette is all of an answer that does not change from request to request.
func silhouette(t *testing.T, a apitest.Answer) string {
	t.Helper()
	var body map[string]any
	a.Into(t, &body)
	delete(body, "instance")
	header := a.Header.Clone()
	header.Del("X-Correlation-Id")
	header.Del("Content-Length")
	blob, err := json.Marshal([]any{a.Status, body, slices.Sorted(maps.Keys(header))})
	if err != nil {
		t.Fatal(err)
	}
	return string(blob)
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	for name, c := range map[string]struct {
		body           any
		status         int
		code, location string
	}{
		"no email":      {fields{"password": secret}, 422, "invalid", "body.email"},
		"no password":   {fields{"email": "a@b"}, 422, "invalid", "body.password"},
		"empty email":   {fields{"email": "", "password": secret}, 422, "invalid", "body.email"},
		"NUL in email":  {fields{"email": "a\x00@b", "password": secret}, 422, "invalid", "body.email"},
		"list":          {fields{"email": []string{"a@b"}, "password": secret}, 422, "invalid", "body.email"},
		"unknown field": {fields{"email": "a@b", "password": secret, "remember": true}, 400, "malformed", "body.remember"},
		"not JSON":      {"email=a@b", 400, "malformed", "body"},
		"empty":         {"", 400, "malformed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, b.login.Do(t, apitest.Request{Body: c.body}), c.status, c.code, c.location)
		})
	}
}

func TestLoginFromAnotherSite(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	b.signUp(t, form("anna"))
	answer := b.login.Do(t, apitest.Request{
		Body:   fields{"email": "anna@example.com", "password": secret},
		Header: http.Header{"Sec-Fetch-Site": {"cross-site"}},
	})
	refused(t, answer, 403, "forbidden", "")
}

// An unknown email costs the same hash as a wrong password. The hash's 19 MiB of memory show that it was
// made, whatever else the machine is doing.
func TestLoginCostsTheSame(t *testing.T) { //nolint:paralleltest // it measures the memory that the process takes
	b := setup(t, "local")
	b.signUp(t, form("anna"))
	for _, email := range []string{"anna@example.com", "nobody@example.com", "no address"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		refused(t, b.logIn(t, email, "incorrect horse"), 401, "unauthenticated", "")
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken < 19<<20 || taken >= 2*19<<20 {
			t.Errorf("%s: the answer took %d bytes, want those of one hash", email, taken)
		}
	}
}
