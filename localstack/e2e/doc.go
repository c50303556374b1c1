// Package e2e holds the tests that look at the shop from outside: every built function behind a local stack, with a real
// Postgres and Redis, used over HTTP while processes are stopped and killed.
package e2e
