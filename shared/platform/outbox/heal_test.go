package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/streamtest"
)

// breaks are what makes a stream take no entry any more, or give its entries ids that are years ahead.
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
	"an entry ahead": func(t *testing.T, r *redis.Client) {
		t.Helper()
		if err := r.XAdd(t.Context(), &redis.XAddArgs{Stream: "one", ID: in(t, r, 2*time.Hour), Values: []string{"a", "b"}}).Err(); err != nil {
			t.Fatal(err)
		}
	},
	"set ahead": func(t *testing.T, r *redis.Client) {
		t.Helper()
		if err := r.XAdd(t.Context(), &redis.XAddArgs{Stream: "one", Values: []string{"a", "b"}}).Err(); err != nil {
			t.Fatal(err)
		}
		setEnd(t, r, "one", in(t, r, 10*365*24*time.Hour))
	},
}

// in returns the id of an entry of a time to come, by Redis's clock.
func in(t *testing.T, r *redis.Client, d time.Duration) string {
	t.Helper()
	now, err := r.Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d-0", now.Add(d).UnixMilli())
}

// setEnd makes an id the last that a stream has given.
func setEnd(t *testing.T, r *redis.Client, stream, id string) {
	t.Helper()
	if err := r.Do(t.Context(), "XSETID", stream, id).Err(); err != nil {
		t.Fatal(err)
	}
}

// TestRelayPutsAside: a stream that can take no more entries, or is far ahead of its time, is put aside, whole, and what it should carry is published at
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

// TestRelayPutsAside_busy: a stream that is far ahead of its time is put aside although it is written to all the time.
func TestRelayPutsAside_busy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	breaks["an entry ahead"](t, b.redis)
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	defer writers.Wait()
	defer stop()
	for range 4 {
		writers.Go(func() {
			for ctx.Err() == nil {
				_ = b.redis.XAdd(ctx, &redis.XAddArgs{Stream: "one", Values: []string{"a", "b"}}).Err()
			}
		})
	}
	b.look(t, b.relay(t, nil))
	if aside, err := b.redis.Keys(t.Context(), "one:broken:*").Result(); err != nil || len(aside) != 1 {
		t.Errorf("put aside: %v %v", aside, err)
	}
}

// TestRelayLeavesAlone: ids that are somewhat ahead are what a failover to another clock brings.
func TestRelayLeavesAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	if err := b.redis.XAdd(t.Context(), &redis.XAddArgs{Stream: "one", ID: in(t, b.redis, time.Hour/2), Values: []string{"a", "b"}}).Err(); err != nil {
		t.Fatal(err)
	}
	b.look(t, b.relay(t, nil))
	if n := len(streamtest.Entries(t, b.redis, "one")); n != 1 {
		t.Errorf("%d entries, want the one", n)
	}
}

// stands returns how far the groups of a stream have read.
func (b bundle) stands(t *testing.T, stream string) map[string]string {
	t.Helper()
	groups, err := b.redis.XInfoGroups(t.Context(), stream).Result()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, g := range groups {
		at[g.Name] = g.LastDeliveredID
	}
	return at
}

// TestRelaySetsBack: a reader's group that stands beyond the end of its stream reads it from the beginning; one that
// stands at the end stays there, and so does a stranger's.
func TestRelaySetsBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	b.write(t, "both", 0, 3)
	r := b.relay(t, nil)
	b.look(t, r)
	far := in(t, b.redis, 1000*time.Hour)
	for _, group := range []string{"products", "orders", "stranger"} {
		b.read(t, "both", group, 1000, everything)
		if group != "orders" {
			if err := b.redis.XGroupSetID(t.Context(), "both", group, far).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	end := b.stands(t, "both")["orders"]
	b.look(t, r)
	want := map[string]string{"products": "0-0", "orders": end, "stranger": far}
	if diff := cmp.Diff(want, b.stands(t, "both")); diff != "" {
		t.Error(diff)
	}
	b.read(t, "both", "products", 1000, everything)
	b.look(t, r)
	want["products"] = end
	if diff := cmp.Diff(want, b.stands(t, "both")); diff != "" {
		t.Errorf("after it has read: %s", diff)
	}
}

// TestRelaySetsBack_behindItsGroups: a stream whose end falls back behind its groups, as after a failover that loses
// the tail, gives them what comes next.
func TestRelaySetsBack_behindItsGroups(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	b.fill(t, "one", 2*hour)
	b.read(t, "one", "products", 1000, everything)
	if err := b.redis.XTrimMaxLen(t.Context(), "one", 0).Err(); err != nil {
		t.Fatal(err)
	}
	setEnd(t, b.redis, "one", in(t, b.redis, -3*time.Hour))
	b.look(t, b.relay(t, nil))
	if at := b.stands(t, "one")["products"]; at != "0-0" {
		t.Errorf("the group stands at %s", at)
	}
}
