// Package e2e holds the tests that look at the shop from outside: every built function behind a local stack, with a real
// Postgres and Redis, used over HTTP while processes are stopped and killed. With TEST_BASE_URL those that break nothing
// run against the shop that answers there, whoever runs it.
package e2e
