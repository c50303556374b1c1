package auth_test

import (
	"net/http"
	"testing"

	"mercato/shared/auth"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
)

func TestDemoLogin(t *testing.T) {
	t.Parallel()
	all := []string{"demo", "demo2", "admin"}
	for stage, allowed := range map[string]map[string]session.Role{
		"local":   {"demo": session.RoleUser, "demo2": session.RoleUser, "admin": session.RoleAdmin},
		"demo":    {"demo": session.RoleUser, "demo2": session.RoleUser},
		"prod":    {},
		"staging": {},
		"dev":     {},
		"LOCAL":   {},
		"":        {}, // unset means prod
	} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			b := setup(t, stage)
			b.seed(t, "local") // even where they exist, the stage decides
			for _, name := range all {
				answer := b.demoLogin.Do(t, apitest.Request{Body: fields{"user": name}})
				role, ok := allowed[name]
				if !ok {
					refused(t, answer, 404, "not_found", "")
					continue
				}
				var got auth.UserResponse
				answer.Into(t, &got)
				if answer.Status != http.StatusOK || got.User.Username != name || got.User.Email != name+"@demo.com" || got.User.Role != role {
					t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
				}
				if who := b.who(t, cookie(t, answer)); !who.IsAuth || who.User.Username != name || who.User.Role != role {
					t.Errorf("%s: the cookie makes %+v", name, who)
				}
			}
		})
	}
}

func TestDemoLoginBody(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	b.seed(t, "local")
	for _, body := range []any{nil, "{}", fields{"user": "demo"}} {
		answer := b.demoLogin.Do(t, apitest.Request{Body: body})
		var got auth.UserResponse
		answer.Into(t, &got)
		if answer.Status != http.StatusOK || got.User.Username != "demo" {
			t.Errorf("body %v: %d %s", body, answer.Status, answer.Body)
		}
	}
	for body, location := range map[string]string{
		`{"user":""}`: "body.user", `{"user":"Demo"}`: "body.user", `{"user":"anna"}`: "body.user", `{"user":7}`: "body.user", `[]`: "body",
	} {
		refused(t, b.demoLogin.Do(t, apitest.Request{Body: body}), 422, "invalid", location)
	}
	refused(t, b.demoLogin.Do(t, apitest.Request{Body: `{"password":"demotest"}`}), 400, "malformed", "body.password")
}

func TestDemoLoginWithoutSeed(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	b.signUp(t, form("admin")) // a stranger who took the name
	for _, name := range []string{"demo", "admin"} {
		refused(t, b.demoLogin.Do(t, apitest.Request{Body: fields{"user": name}}), 404, "not_seeded", "")
	}
}

// The demo users are also users like any other, with the password that the documents tell.
func TestDemoUsersLogIn(t *testing.T) {
	t.Parallel()
	b := setup(t, "demo")
	b.seed(t, "demo")
	if a := b.logIn(t, "demo@demo.com", "demotest"); a.Status != http.StatusOK {
		t.Errorf("demo: %d %s", a.Status, a.Body)
	}
	refused(t, b.logIn(t, "admin@demo.com", "demotest"), 401, "unauthenticated", "")
}

func TestDemoLoginCookie(t *testing.T) {
	t.Parallel()
	for stage, secure := range map[string]bool{"local": false, "demo": true} {
		b := setup(t, stage)
		b.seed(t, stage)
		c := cookie(t, b.demoLogin.Do(t, apitest.Request{}))
		if c.Secure != secure || c.Name != session.CookieName(!secure) || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode ||
			c.Path != "/" || c.Domain != "" || c.MaxAge != 600 {
			t.Errorf("%s: %s", stage, c)
		}
	}
}
