package e2e_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestOutage_postgresUnderLoad stops Postgres while orders come in, from before until after. Nobody but the outage is
// to blame: no entry becomes a dead letter, although every entry is tried by itself, and its first failure would make it one.
func TestOutage_postgresUnderLoad(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon, "MAX_ATTEMPTS=1", "CONSUME_BATCH=1")
	db, client := s.owner(t), s.redis(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	shop := openShop(t, seller, buyer, 20_000)
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	load := buyer.insist(t, shop)
	until(t, "orders come in", func() bool { return load.count() >= 300 })
	stop := s.keepDead(t, "products-consume") // what comes in now waits until Postgres is away
	waiting := load.count()
	until(t, "orders wait", func() bool { return load.count() >= waiting+100 })
	thaw := freeze(f.PIDs["postgres"])
	t.Cleanup(thaw)
	stop()
	for _, name := range []string{"products-consume", "orders-consume"} { // as the schedule does: these have no connection yet
		s.kill(t.Context(), name)
		s.invoke(t, name)
	}
	stopped, away := time.Now(), scaled(5*time.Second, 2*time.Minute)
	time.Sleep(away)
	thaw()
	t.Logf("Postgres was stopped for %s", lap(stopped))
	before := load.count()
	until(t, "orders come in again", func() bool { return load.count() >= before+300 })
	taken, refused := load.stop(t)
	t.Logf("%d orders answered 201, %d answers of 503", len(taken), refused)

	var all []int64 // a request whose COMMIT was not answered was a 503, and may have placed an order
	if err := db.QueryRow(t.Context(), `SELECT array_agg(o.id) FROM orders.orders o`).Scan(&all); err != nil {
		t.Fatal(err)
	}
	t.Logf("all terminal %s later: %s", round(awaitDecided(t, db, all)), ends(t, db, all))
	t.Logf("outboxes empty %s later", round(awaitQuiet(t, db)))
	awaitRead(t, client)
	checkBooks(t, db, all)
	checkBooks(t, db, taken)
	if n := count(t, db, `SELECT count(*) FROM ops.dead_letters`); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	if n := count(t, db, `SELECT (SELECT count(*) FROM products.failures) + (SELECT count(*) FROM orders.failures)`); n != 0 {
		t.Errorf("%d failures were counted", n)
	}
}

// insistence is buyers who order again and again, also while the shop is away.
type insistence struct {
	mu      sync.Mutex
	ids     []int64
	refused int
	wrong   error
	halt    []func() int
}

// insist places orders until it is stopped. Each is taken, or refused because something is away.
func (u *user) insist(t *testing.T, s shop) *insistence {
	t.Helper()
	load, next := &insistence{}, atomic.Int64{}
	for range clients {
		load.halt = append(load.halt, background(t, 2*stormPace, func(context.Context) int {
			id, err := u.place(t.Context(), s.basket(int(next.Add(1)))) // to its end: its answer counts
			load.add(id, err)
			return 1
		}))
	}
	return load
}

func (l *insistence) add(id int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.ids = append(l.ids, id)
	case strings.Contains(err.Error(), `"code":"unavailable"`) || strings.Contains(err.Error(), `: 503 {"message":"Service Unavailable"}`):
		l.refused++
	default:
		l.wrong = err
	}
}

func (l *insistence) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ids)
}

// stop answers the orders that were taken, and how many were refused.
func (l *insistence) stop(t *testing.T) (taken []int64, refused int) {
	t.Helper()
	for _, halt := range l.halt {
		halt()
	}
	if l.wrong != nil {
		t.Errorf("neither taken nor refused as unavailable: %v", l.wrong)
	}
	return l.ids, l.refused
}
