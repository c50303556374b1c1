// Package auth owns users and their sessions: who exists, who may come in, and for how long. Its schema
// is auth.
//
// A session is a row; an access token only names it:
//
//	sign in ──► alive ──► revoked   signed out
//	                 └──► expired   SESSION_TTL after it began
//
// Nothing leads back. Every other domain asks auth.session(sid) on each request (package session), so
// the end of a session holds from the next request on, whatever the token still says.
//
// Events: none, in or out.
package auth
