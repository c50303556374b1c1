package auth_test

import (
	"net/http"
	"testing"

	"mercato/migrations"
	"mercato/shared/auth"
	"mercato/shared/platform/api"
	"mercato/shared/platform/apitest"
)

const secret = "correct horse"

// bundle is a shop with every endpoint of the domain open.
type bundle struct {
	*apitest.App

	signup, login, demoLogin, session, logout *apitest.Client
}

func setup(t *testing.T, stage string) bundle {
	t.Helper()
	app := apitest.New(t, map[string]string{"STAGE": stage})
	open := func(o api.Operation) *apitest.Client { return app.Open(t, o) }
	return bundle{app, open(auth.Signup), open(auth.Login), open(auth.DemoLogin), open(auth.Session), open(auth.Logout)}
}

// seed makes the demo users of a stage, as db-migrate does.
func (b bundle) seed(t *testing.T, stage string) {
	t.Helper()
	if err := migrations.Seed(t.Context(), b.DB, stage); err != nil {
		t.Fatal(err)
	}
}

type fields map[string]any

// form is a sign-up that keeps every rule.
func form(username string) fields {
	return fields{"username": username, "email": username + "@example.com", "password": secret, "repeat_password": secret}
}

func (f fields) with(name string, value any) fields {
	changed := fields{name: value}
	for n, v := range f {
		if n != name {
			changed[n] = v
		}
	}
	return changed
}

func (b bundle) signUp(t *testing.T, f fields) auth.UserView {
	t.Helper()
	answer := b.signup.Do(t, apitest.Request{Body: f})
	if answer.Status != http.StatusCreated {
		t.Fatalf("sign-up: %d %s", answer.Status, answer.Body)
	}
	var got auth.UserResponse
	answer.Into(t, &got)
	return got.User
}

func (b bundle) logIn(t *testing.T, email, password string) apitest.Answer {
	t.Helper()
	return b.login.Do(t, apitest.Request{Body: fields{"email": email, "password": password}})
}

// cookie returns the one cookie that an answer sets.
func cookie(t *testing.T, a apitest.Answer) *http.Cookie {
	t.Helper()
	set := (&http.Response{Header: a.Header}).Cookies()
	if len(set) != 1 {
		t.Fatalf("status %d sets %d cookies, want 1: %s", a.Status, len(set), a.Body)
	}
	return set[0]
}

// who asks auth-session who sends the cookie.
func (b bundle) who(t *testing.T, c *http.Cookie) auth.SessionResponse {
	t.Helper()
	answer := b.session.Do(t, apitest.Request{Cookie: c})
	if answer.Status != http.StatusOK {
		t.Fatalf("session: %d %s", answer.Status, answer.Body)
	}
	var got auth.SessionResponse
	answer.Into(t, &got)
	return got
}

// refused holds a problem's status, code and first location against what is wanted.
func refused(t *testing.T, a apitest.Answer, status int, code, location string) {
	t.Helper()
	var p api.Problem
	a.Into(t, &p)
	at := ""
	if len(p.Errors) > 0 {
		at = p.Errors[0].Location
	}
	if a.Status != status || p.Code != code || at != location {
		t.Errorf("got %d %s at %q, want %d %s at %q: %s", a.Status, p.Code, at, status, code, location, a.Body)
	}
	if len(a.Header.Values("Set-Cookie")) > 0 {
		t.Errorf("a refusal sets a cookie: %v", a.Header)
	}
}
