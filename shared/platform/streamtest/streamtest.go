// Package streamtest gives every test an empty Redis database of its own.
package streamtest

import (
	"context"
	"net/url"
	"os"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/pgtest"
)

// databases is how many the test server has; the tests of all packages take turns through them.
const databases = 4096

// New returns the URL of an empty Redis database and a client of it. Without TEST_REDIS_URL it skips
// the test; in CI that is fatal.
func New(t testing.TB) (string, *redis.Client) {
	t.Helper()
	server := os.Getenv("TEST_REDIS_URL")
	if server == "" {
		pgtest.Missing(t, "TEST_REDIS_URL")
	}
	counter := client(t, server)
	n, err := counter.Incr(context.Background(), "streamtest").Result()
	if err != nil {
		t.Fatalf("taking a Redis database: %v", err)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + strconv.FormatInt(1+n%(databases-1), 10)
	r := client(t, u.String())
	if err := r.FlushDB(context.Background()).Err(); err != nil {
		t.Fatalf("emptying a Redis database: %v", err)
	}
	return u.String(), r
}

func client(t testing.TB, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	r := redis.NewClient(options)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// Entries returns the fields of every entry of a stream, oldest first.
func Entries(t testing.TB, r *redis.Client, stream string) []map[string]any {
	t.Helper()
	messages, err := r.XRange(context.Background(), stream, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	for _, m := range messages {
		list = append(list, m.Values)
	}
	return list
}
