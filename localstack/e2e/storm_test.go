package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

const (
	// stormOrders come in while something is killed.
	stormOrders = 500
	// killEvery leaves a consumer time for a few batches of the orders that come in, and dies in the middle of one.
	killEvery = 150 * time.Millisecond
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
			rush := buyer.orders(t, stormOrders, shop.basket)
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
	db := s.owner(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	shop := openShop(t, seller, buyer, stormOrders)
	const deaths = 4
	died := make(chan int, 1)
	next := make(chan struct{}, stormOrders)
	go func() {
		done := 0
		for n := 0; n < stormOrders; n++ {
			<-next
			if n%(stormOrders/deaths) == stormOrders/deaths/2 {
				killRedis(t, s, done%2 == 1)
				done++
			}
		}
		died <- done
	}()
	rush := buyer.orders(t, stormOrders, func(i int) basket {
		next <- struct{}{}
		return shop.basket(i)
	})
	began := time.Now()
	t.Logf("%s; Redis killed %d times meanwhile", rush, <-died)
	awaitDecided(t, db, rush.ids)
	t.Logf("all terminal %s after the last order: %s", lap(began), ends(t, db, rush.ids))
	t.Logf("outboxes empty %s later", round(awaitQuiet(t, db)))
	checkBooks(t, db, rush.ids)
}

// killRedis ends Redis and waits until the stack has started it again. To be empty then, it loses its log of commands
// after it was stopped and before it dies: it can neither write nor read it any more.
func killRedis(t *testing.T, s *stack, empty bool) {
	t.Helper()
	client := s.redis(t)
	ctx := context.Background() // a server must not stay stopped because the test is over
	f, err := s.file()
	if err != nil {
		t.Error(err)
		return
	}
	pid := f.PIDs["redis"]
	const mark = "e2e:mark"
	if err := client.Set(ctx, mark, "1", 0).Err(); err != nil {
		t.Error(err)
	}
	if empty {
		settings := client.ConfigGet(ctx, "*dir*").Val()
		_ = syscall.Kill(pid, syscall.SIGSTOP)
		if err := os.RemoveAll(filepath.Join(settings["dir"], settings["appenddirname"])); err != nil || settings["appenddirname"] == "" {
			t.Errorf("removing %v: %v", settings, err)
		}
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	if !within(patience, func() bool { f, err = s.file(); return err == nil && f.PIDs["redis"] != pid && f.PIDs["redis"] != 0 }) {
		t.Errorf("Redis did not come back within %s", patience)
		return
	}
	if left, err := s.redis(t).Exists(ctx, mark).Result(); err != nil || (left == 0) != empty {
		t.Errorf("Redis was to come back empty: %v; keys of before: %d, %v", empty, left, err)
	}
}
