package session

import (
	"net/http"
	"time"
)

// CookieName is the name of the access token's cookie. The __Host- prefix ties it to one host over
// TLS; one machine has neither.
func CookieName(local bool) string {
	if local {
		return "token"
	}
	return "__Host-token"
}

// Cookie carries an access token for ttl; ttl 0 takes the cookie away.
func Cookie(token string, local bool, ttl time.Duration) http.Cookie {
	c := http.Cookie{
		Name: CookieName(local), Value: token, Path: "/", MaxAge: int(ttl.Seconds()),
		HttpOnly: true, Secure: !local, SameSite: http.SameSiteStrictMode,
	}
	if ttl == 0 {
		c.MaxAge = -1
	}
	return c
}
