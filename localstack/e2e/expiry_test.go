package e2e_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const (
	// shortLife of an order is enough to be answered in when all is well, and soon over.
	shortLife = 3 * time.Second
	// bought at once in the tests of expiry.
	bought = 2
)

// TestExpiry: an order that nobody answers expires and holds nothing, whatever becomes of it later.
func TestExpiry(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon, fmt.Sprint("ORDER_TTL=", shortLife), "MAX_ATTEMPTS=1")
	db, client, admin := s.owner(t), s.redis(t), clerk(t, s)
	seller, buyer := signUp(t, s), signUp(t, s)
	n := scaled(30, 300)
	lamp := seller.list(t, "Lamp", "19.99", 10*n)
	buyer.decided(t, buyer.order(t, line{lamp, "", 1}))
	stock := func() int {
		return count(t, db, `SELECT p.quantity FROM products.products p WHERE p.id = $1`, lamp)
	}
	before := stock()
	of := func(int) basket { return basket{[]line{{lamp, "19.99", bought}}} }
	expired := func(ids []int64) {
		t.Helper()
		awaitDecided(t, db, ids)
		if got, want := ends(t, db, ids), fmt.Sprintf("%d EXPIRED", len(ids)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}

	mend := spoil(t, db)
	buried := buyer.orders(t, bought, time.Millisecond, of)
	var dead []letter
	until(t, "they are dead letters", func() bool { dead = admin.letters(t, "dead"); return len(dead) == len(buried.ids) })
	expired(buried.ids)
	mend()
	stop := s.keepDead(t, "products-consume")
	unread := buyer.orders(t, n, time.Microsecond, of)
	expired(unread.ids)
	stop()
	s.invoke(t, "products-consume")
	awaitQuiet(t, db)
	awaitRead(t, client)
	all := slices.Concat(buried.ids, unread.ids)
	check := func(when string) {
		t.Helper()
		if got := stock(); got != before {
			t.Errorf("%s: %d lamps, want the %d of before", when, got, before)
		}
		expired(all)
		checkBooks(t, db, all)
	}
	check("after products-consume has started again")

	ids := make([]string, len(dead))
	for i, l := range dead {
		ids[i] = l.EventID
	}
	admin.do(t, "POST", "/api/ops/dlq/replay", map[string]any{"ids": ids}).want(t, 202)
	until(t, "their letters are resolved", func() bool { return len(admin.letters(t, "resolved")) == len(ids) })
	awaitQuiet(t, db)
	awaitRead(t, client)
	check("after the replay of orders that had expired")
	if got := buyer.look(t, all[0]).path(); got != "PENDING, EXPIRED no_answer" {
		t.Error(got)
	}
}

// TestExpiry_answersUnread: the answers of all orders wait to be read when their deadline has long passed. None expires.
func TestExpiry_answersUnread(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon, fmt.Sprint("ORDER_TTL=", shortLife))
	db, client := s.owner(t), s.redis(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	n := scaled(500, 10_000)
	lamp := seller.list(t, "Lamp", "19.99", n*bought+1)
	buyer.decided(t, buyer.order(t, line{lamp, "", 1}))
	stop := s.keepDead(t, "orders-consume")
	rush := buyer.orders(t, n, time.Microsecond, func(int) basket { return basket{[]line{{lamp, "19.99", bought}}} })
	until(t, "all are answered", func() bool {
		return count(t, db, `SELECT count(*) FROM products.decisions d WHERE d.order_id = ANY($1)`, rush.ids) == n
	})
	until(t, "all deadlines have passed", func() bool {
		return count(t, db, `SELECT count(*) FROM orders.orders o WHERE o.id = ANY($1) AND o.deadline > now() - interval '1 second'`, rush.ids) == 0
	})
	if pending := count(t, db, `SELECT count(*) FROM orders.orders o WHERE o.id = ANY($1) AND o.status = 'PENDING'`, rush.ids); pending != n {
		t.Fatalf("%d of %d orders have heard nothing: somebody has read answers", pending, n)
	}
	stop()
	s.invoke(t, "orders-consume")
	t.Logf("%d answers read in %s", n, round(awaitDecided(t, db, rush.ids)))
	if got, want := ends(t, db, rush.ids), fmt.Sprintf("%d COMPLETED", n); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	awaitQuiet(t, db)
	awaitRead(t, client)
	checkBooks(t, db, rush.ids)
}
