package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mercato/shared/event"
)

const (
	// fewestDeaths of replayers make it likely that one of them was at work.
	fewestDeaths = 10
	// fastestDeath is about what a replay takes.
	fastestDeath = 5 * time.Millisecond
)

// TestReplayers: the schedule's worker and the operators' endpoint replay the same letters at once, and are killed at
// random. The cause has been mended, so each order takes its stock, once.
func TestReplayers(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon, "MAX_ATTEMPTS=1", "CONSUME_BATCH=1") // a letter at once, and each copy by itself
	db, client, admin := s.owner(t), s.redis(t), clerk(t, s)
	seller, buyer := signUp(t, s), signUp(t, s)
	n := scaled(20, 100)
	shop := openShop(t, seller, buyer, n)
	mend := spoil(t, db)
	rush := buyer.orders(t, n, time.Millisecond, func(i int) basket { return basket{[]line{{shop.products[i%(kinds-1)], "", perLine}}} })
	var dead []letter
	until(t, "every order is a dead letter", func() bool { dead = admin.letters(t, "dead"); return len(dead) == n })
	mend()
	stop := s.keepDead(t, "products-consume") // nobody confirms meanwhile, so a letter is sent again and again

	stopKilling := background(t, fastestDeath, func(ctx context.Context) int {
		time.Sleep(rand.N(fastestDeath)) // at random, or it would kill at the same place again and again
		return s.kill(ctx, []string{"dlq-replay", "ops-dlq-replay"}[rand.IntN(2)])
	})
	ctx, enough := context.WithCancel(t.Context())
	var replayers sync.WaitGroup
	body := func() string { return fmt.Sprintf(`{"ids":[%q]}`, dead[rand.IntN(n)].EventID) }
	answers := make(chan error, 2)
	replayers.Go(func() {
		tries := 0
		for ; ctx.Err() == nil; tries++ {
			_, _ = admin.send(ctx, "POST", "/api/ops/dlq/replay", body()) // it may be killed, and the letter be over
		}
		answers <- nil
	})
	replayers.Go(func() {
		for ctx.Err() == nil {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/_local/functions/dlq-replay/invoke", strings.NewReader(body()))
			if err != nil {
				answers <- err
				return
			}
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}
		answers <- nil
	})
	again := func() int64 { return client.XLen(t.Context(), event.OrdersStream).Val() }
	sent := again()
	until(t, "most are sent more than once", func() bool { return again() > sent+int64(3*n) })
	stop()
	s.invoke(t, "products-consume")
	open := `SELECT count(*) FROM ops.dead_letters d WHERE d.state <> 'resolved'`
	until(t, "every letter is resolved", func() bool { return count(t, db, open) == 0 })
	enough()
	replayers.Wait()
	killed := stopKilling()
	t.Logf("%d letters, sent %d times; replayers killed %d times", n, again()-sent, killed)
	if killed < fewestDeaths {
		t.Errorf("they were killed %d times only", killed)
	}
	awaitRead(t, client)
	awaitDecided(t, db, rush.ids)
	awaitQuiet(t, db)
	if got, want := ends(t, db, rush.ids), fmt.Sprintf("%d COMPLETED", n); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	checkBooks(t, db, rush.ids)
	if left := count(t, db, open); left != 0 {
		t.Errorf("%d letters are open again", left)
	}
}
