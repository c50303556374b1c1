package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// stormOrders come in while something is killed.
	stormOrders = 500
	// stormPace is the time from one order to the next: together they take long enough for many deaths.
	stormPace = 8 * time.Millisecond
	// killEvery leaves a consumer time for a few batches of what comes in, and ends it in the middle of one.
	killEvery = 150 * time.Millisecond
	// redisEvery leaves Redis and its clients time to find each other again.
	redisEvery = 600 * time.Millisecond
)

// TestStorm_consumer kills a consumer again and again while orders come in.
func TestStorm_consumer(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"products-consume", "orders-consume"} {
		t.Run(name, func(t *testing.T) {
			s := own(t)
			db := s.owner(t)
			seller, buyer := signUp(t, s), signUp(t, s)
			shop := openShop(t, seller, buyer, stormOrders)
			began := time.Now()
			stop := s.harass(t, name, killEvery)
			rush := buyer.orders(t, stormOrders, stormPace, shop.basket)
			killed := stop()
			killed += s.kill(t.Context(), name)
			t.Logf("%s; %s killed %d times in %s", rush, name, killed, lap(began))
			s.invoke(t, name)
			took := awaitDecided(t, db, rush.ids)
			t.Logf("all terminal %s after the next invocation: %s", round(took), ends(t, db, rush.ids))
			t.Logf("outboxes empty %s later", round(awaitQuiet(t, db)))
			checkBooks(t, db, rush.ids)
		})
	}
}

// TestStorm_redis kills Redis while orders come in; every second time it comes back with nothing of what it knew.
func TestStorm_redis(t *testing.T) {
	t.Parallel()
	s := own(t)
	db, client := s.owner(t), s.redis(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	shop := openShop(t, seller, buyer, stormOrders)
	var failed []error
	stop := background(t, redisEvery, func(context.Context) int {
		failed = append(failed, s.killRedis(client, len(failed)%2 == 0))
		return 1
	})
	rush := buyer.orders(t, stormOrders, stormPace, shop.basket)
	t.Logf("%s; Redis killed %d times meanwhile", rush, stop())
	if err := errors.Join(failed...); err != nil || len(failed) < 2 {
		t.Fatalf("%d deaths of Redis: %v", len(failed), err)
	}
	took := awaitDecided(t, db, rush.ids)
	t.Logf("all terminal %s after its last death: %s", round(took), ends(t, db, rush.ids))
	t.Logf("outboxes empty %s later", round(awaitQuiet(t, db)))
	checkBooks(t, db, rush.ids)
}

// killRedis ends Redis and waits until the stack has started it again. To come back empty, it loses its log of commands
// while it is stopped, so that it can neither write nor read it any more. It goes through with it when the test is over.
func (s *stack) killRedis(client *redis.Client, empty bool) error {
	ctx := context.Background()
	f, err := s.file()
	if err != nil {
		return err
	}
	const mark = "e2e:mark"
	if err := client.Set(ctx, mark, "1", 0).Err(); err != nil {
		return err
	}
	pid := f.PIDs["redis"]
	if empty {
		settings, err := client.ConfigGet(ctx, "*dir*").Result()
		if err != nil || settings["appenddirname"] == "" {
			return fmt.Errorf("where Redis keeps its log: %v, %w", settings, err)
		}
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		if err := os.RemoveAll(filepath.Join(settings["dir"], settings["appenddirname"])); err != nil {
			return err
		}
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	if !happens(func() bool { f, err = s.file(); return err == nil && f.PIDs["redis"] != pid && f.PIDs["redis"] != 0 }) {
		return fmt.Errorf("it did not come back within %s", patience)
	}
	left := int64(-1)
	happens(func() bool { left, err = client.Exists(ctx, mark).Result(); return err == nil }) // old connections fail once
	if err != nil || (left == 0) != empty {
		return fmt.Errorf("it was to come back empty: %t; %d keys of before, %w", empty, left, err)
	}
	return nil
}
