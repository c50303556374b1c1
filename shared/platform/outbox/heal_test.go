package outbox_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/streamtest"
)

// breaks are what makes a stream take no entry any more.
var breaks = map[string]func(t *testing.T, r *redis.Client){
	"no stream": func(t *testing.T, r *redis.Client) {
		t.Helper()
		if err := r.Set(t.Context(), "one", "no stream", 0).Err(); err != nil {
			t.Fatal(err)
		}
	},
	"used up": func(t *testing.T, r *redis.Client) {
		t.Helper()
		end := &redis.XAddArgs{Stream: "one", ID: "18446744073709551615-18446744073709551615", Values: []string{"text", "the last"}}
		if err := r.XAdd(t.Context(), end).Err(); err != nil {
			t.Fatal(err)
		}
		if err := r.XAdd(t.Context(), &redis.XAddArgs{Stream: "one", Values: []string{"a", "b"}}).Err(); err == nil {
			t.Fatal("the stream takes more")
		}
	},
}

// TestRelayPutsAside: a stream that can take no more entries is put aside, whole, and what it should carry is published at
// once, also when it was not due for an hour.
func TestRelayPutsAside(t *testing.T) {
	t.Parallel()
	for name, broken := range breaks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.met(t)
			b.write(t, "one", time.Hour, 3)
			b.write(t, "both", time.Hour, 2)
			broken(t, b.redis)
			var relays sync.WaitGroup
			for range 2 { // two relays at once put it aside once
				r := b.relay(t, nil)
				relays.Go(func() { b.look(t, r) })
			}
			relays.Wait()
			published := map[any]bool{}
			for _, e := range streamtest.Entries(t, b.redis, "one") { // the slower relay may have made one due again
				published[e["event_id"]] = true
			}
			if len(published) != 3 {
				t.Errorf("%d events published, want 3", len(published))
			}
			if n := len(streamtest.Entries(t, b.redis, "both")); n != 0 {
				t.Errorf("%d entries of another stream, want none: they are not due", n)
			}
			aside, err := b.redis.Keys(t.Context(), "one:broken:*").Result()
			if err != nil || len(aside) != 1 {
				t.Fatalf("put aside: %v %v", aside, err)
			}
			if kind := b.redis.Type(t.Context(), aside[0]).Val(); (kind == "string") != (name == "no stream") {
				t.Errorf("%s is a %s", strings.TrimSuffix(aside[0], ":"), kind)
			}
		})
	}
}
