package auth_test

import (
	"slices"
	"strings"
	"testing"

	"mercato/shared/auth"
	"mercato/shared/platform/api"
)

// Only who opens sessions may read the signing key, and a schema's cookie is a plain text.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	var got []string
	for _, o := range auth.Endpoints() {
		s := o.Spec()
		got = append(got, strings.Join([]string{s.Name, s.Method, s.Path, string(s.Allow), string(s.Rate), strings.Join(s.Needs, " ")}, ", "))
	}
	want := []string{
		"auth-signup, POST, /api/auth/signup, anyone, auth, postgres:auth",
		"auth-login, POST, /api/auth/login, anyone, auth, postgres:auth secret:session",
		"auth-demo-login, POST, /api/auth/demo-login, anyone, auth, postgres:auth secret:session",
		"auth-session, GET, /api/auth/session, visitor, read, postgres:auth",
		"auth-logout, POST, /api/auth/logout, visitor, write, postgres:auth",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	login := api.Document(auth.Endpoints()).Paths["/api/auth/login"].Post
	if h := login.Responses["200"].Headers["Set-Cookie"]; h == nil || h.Schema.Type != "string" {
		t.Errorf("Set-Cookie is documented as %+v", h)
	}
}
