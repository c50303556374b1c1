package session_test

import (
	"testing"
	"time"

	"mercato/shared/platform/session"
)

func TestCookie(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		local bool
		token string
		ttl   time.Duration
	}{
		"token=t; Path=/; Max-Age=600; HttpOnly; SameSite=Strict":                {true, "t", 10 * time.Minute},
		"__Host-token=t; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Strict": {false, "t", 10 * time.Minute},
		"token=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict":                   {true, "", 0},
		"__Host-token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict":    {false, "", 0},
	} {
		cookie := session.Cookie(c.token, c.local, c.ttl)
		if got := cookie.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if err := cookie.Valid(); err != nil {
			t.Error(err)
		}
	}
}
