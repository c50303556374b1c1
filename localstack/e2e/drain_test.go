package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	queued    = 2000
	consumers = "products-consume"
)

// TestDrain lets orders queue up while nobody decides them, and compares the rate at which they are decided then with
// that of a plain loop on the same servers.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := own(t)
	db := s.owner(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	shop := openShop(t, seller, buyer, queued)
	stop := s.keepDead(t, consumers)
	rush := buyer.orders(t, queued, time.Microsecond, shop.basket)
	t.Log(rush)
	waiting := count(t, db, `SELECT count(*) FROM orders.orders WHERE id = ANY($1) AND status = 'PENDING'`, rush.ids)
	killed := stop()
	s.invoke(t, consumers)
	took := awaitDecided(t, db, rush.ids)
	t.Logf("%d orders were waiting (%s started %d times meanwhile and killed); all terminal %s after its invocation: %s",
		waiting, consumers, killed, round(took), ends(t, db, rush.ids))
	entries := s.redis(t).XLen(t.Context(), "orders_stream").Val()
	ours := rate(t, db, `SELECT d.decided_at FROM products.decisions d WHERE d.order_id = ANY($1)`, rush.ids)
	t.Logf("outboxes empty %s later", round(awaitQuiet(t, db)))
	checkBooks(t, db, rush.ids)
	plain := plainLoop(t, s, shop)
	t.Logf("drain: %.0f orders/s (%d entries in the stream, relay's repetitions included); plain loop: %.0f orders/s; ratio %.1f "+
		"(to compare, run without -race: it slows the plain loop, which is part of the test, and not the functions)",
		ours, entries, plain, ours/plain)
}

// rate is orders a second from the first decision to the last. Decisions bear the time at which their transaction began, so
// those of the last one do not count.
func rate(t *testing.T, db *pgxpool.Pool, decisions string, arguments ...any) (perSecond float64) {
	t.Helper()
	err := db.QueryRow(t.Context(), `WITH d (at) AS (`+decisions+`)
		SELECT coalesce((count(*) FILTER (WHERE d.at < (SELECT max(at) FROM d)))
			/ nullif(extract(epoch FROM max(d.at) - min(d.at)), 0), 0)::float8 FROM d`, arguments...).Scan(&perSecond)
	if err != nil {
		t.Fatal(err)
	}
	return perSecond
}

// shop is what load tests sell.
type shop struct {
	products []int64 // the last one is scarce
}

const (
	kinds       = 5
	perLine     = 2  // pieces at most
	scarceEvery = 10 // orders
)

// openShop lists products for n orders and waits until they can be ordered.
func openShop(t *testing.T, seller, buyer *user, n int) shop {
	t.Helper()
	var s shop
	for i := range kinds {
		s.products = append(s.products, seller.list(t, fmt.Sprintf("Kind %d", i), "1.25", stockOf(i, n)+1))
	}
	for _, id := range s.products {
		buyer.decided(t, buyer.order(t, line{id, "", 1}))
	}
	return s
}

// stockOf is what n orders find of a kind: enough, but of the last one for every second order that wants it.
func stockOf(kind, n int) int {
	if kind == kinds-1 {
		return n / scarceEvery / 2
	}
	return n * perLine
}

// basket is the i-th order: two kinds, now and then one of them the scarce one.
func (s shop) basket(i int) basket {
	first, second := i%(kinds-1), (i+1)%(kinds-1)
	if i%scarceEvery == 0 {
		second = kinds - 1
	}
	return basket{[]line{{s.products[first], "1.25", perLine}, {s.products[second], "1.25", 1}}}
}
