// Package session says who is calling and what they may do.
//
// A caller holds an access token: a JWT signed with Ed25519 that lives for minutes. The token only
// names a session; whether it lives, and which role its user has now, is asked of Postgres on every
// request, by the function auth.session. So logging out, a ban and a changed role hold from the next
// request on, whatever the token says.
package session
