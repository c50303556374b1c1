package e2e_test

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

const (
	// nobodys is the first id of orders that there are not, beyond all that a test places.
	nobodys = 900_000_000
	// forgeries of each kind are written while real orders run.
	forgeries = 10
)

// TestForgeries writes into Redis what no function has sent, while real orders run. All of it is audited or buried, and in
// the end the stock is that of the real orders.
func TestForgeries(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon)
	db, client, admin := s.owner(t), s.redis(t), clerk(t, s)
	seller, buyer := signUp(t, s), signUp(t, s)
	n := scaled(200, 2000)
	shop := openShop(t, seller, buyer, n)
	lamp, foreign := seller.list(t, "Lamp", "19.99", 50), buyer.list(t, "The buyer's own", "5.00", 50)
	f := &forger{db: db, client: client, buyer: buyer, lamp: lamp, audited: map[string]bool{}, want: map[int64]string{}}
	f.orders = append(f.orders, buyer.decided(t, buyer.order(t, line{lamp, "", 1})).Order.ID)
	f.robbed(t)
	f.early(t)
	awaitQuiet(t, db) // or it would be killed with an entry in hand, whose lease takes 10 s to end
	awaitRead(t, client)
	stop := s.keepDead(t, "products-consume")
	f.before(t, foreign)
	f.masked(t)
	stop()
	s.invoke(t, "products-consume")

	var placed atomic.Int64
	rush := buyer.orders(t, n, stormPace/2, func(i int) basket {
		if i%(n/forgeries) == 0 {
			forgeAll(t, client, int(placed.Add(1)), lamp, foreign)
		}
		return shop.basket(i)
	})
	t.Log(rush)
	f.orders = append(f.orders, rush.ids...)
	awaitDecided(t, db, f.orders)
	awaitRead(t, client)
	awaitQuiet(t, db)
	awaitRead(t, client) // of what those who read the forged entries have written

	for id, want := range f.want {
		if got := buyer.look(t, id).path(); got != want {
			t.Errorf("order %d: %s, want %s", id, got, want)
		}
	}
	for i := 1; i <= forgeries; i++ {
		for _, kind := range []int{0, 1, 2, 3, 4, 6, 9, 10} {
			f.audit(nobodysOrder(i, kind), "answer_without_order")
		}
	}
	checkAudit(t, db, f.audited)
	checkForgedLetters(t, admin)
	checkBooks(t, db, f.orders)
	checkStock(t, db)
}

// forger knows which id the next order will have.
type forger struct {
	db      *pgxpool.Pool
	client  *redis.Client
	buyer   *user
	lamp    int64
	orders  []int64
	audited map[string]bool  // what is to be found
	want    map[int64]string // timelines
}

func (f *forger) audit(order any, action string) {
	f.audited[fmt.Sprintf("%s of order:%v", action, order)] = true
}

// forge writes an entry for the next order.
func (f *forger) forge(t *testing.T, pairs ...string) (next string) {
	t.Helper()
	next = strconv.Itoa(count(t, f.db, `SELECT last_value + 1 FROM orders.orders_id_seq`))
	forge(t, f.client, event.OrdersStream, append(pairs, "order_id", next)...)
	return next
}

// place places the next order, which is to go this way.
func (f *forger) place(t *testing.T, quantity int, forgedAs, want string) int64 {
	t.Helper()
	id := f.buyer.order(t, line{f.lamp, "19.99", quantity})
	if forgedAs != "" && forgedAs != strconv.FormatInt(id, 10) {
		t.Fatalf("order %d, forged as %s", id, forgedAs)
	}
	f.orders, f.want[id] = append(f.orders, id), want
	return id
}

// robbed has orders taken back that their buyer has not cancelled, or says that they were: none stands as completed
// without its stock, nor holds it otherwise.
func (f *forger) robbed(t *testing.T) {
	t.Helper()
	for _, forged := range [][]string{{event.CancellationsStream}, {event.InventoryStream, "status", "RELEASED"}} {
		id := f.place(t, 2, "", "PENDING, COMPLETED, CANCELLED mismatch")
		f.buyer.decided(t, id)
		forge(t, f.client, forged[0], append(forged[1:], "order_id", strconv.FormatInt(id, 10))...)
		f.audit(id, "released_without_cancellation")
	}
}

// early forges an order that there is not yet, and has been taken back when it comes: that one does not wait in vain.
func (f *forger) early(t *testing.T) {
	t.Helper()
	next := f.forge(t, "event_id", uuid.NewString(), "products", lines(f.lamp, 4))
	f.audit(next, "answer_without_order")
	until(t, "its answer is audited, and that it was taken back", func() bool {
		return count(t, f.db, `SELECT count(*) FROM ops.audit a WHERE a.target = $1`, "order:"+next) == 2
	})
	id := f.place(t, 2, next, "PENDING, CANCELLED mismatch")
	f.buyer.decided(t, id)
	f.audit(id, "released_without_cancellation")
}

// masked loses the entry of an order's event, and lets another stand under its id, which must not be taken for it.
func (f *forger) masked(t *testing.T) {
	t.Helper()
	id := f.place(t, 1, "", "PENDING, COMPLETED")
	var eventID string
	if err := f.db.QueryRow(t.Context(), `SELECT o.event_id FROM orders.outbox o WHERE o.fields ->> 'order_id' = $1`, strconv.FormatInt(id, 10)).Scan(&eventID); err != nil {
		t.Fatal(err)
	}
	entries, err := f.client.XRevRangeN(t.Context(), event.OrdersStream, "+", "-", 1).Result()
	if err != nil || len(entries) != 1 || entries[0].Values["event_id"] != eventID {
		t.Fatalf("the last entry is %v, %v", entries, err)
	}
	if err := f.client.XDel(t.Context(), event.OrdersStream, entries[0].ID).Err(); err != nil {
		t.Fatal(err)
	}
	const other = nobodys - 1
	forge(t, f.client, event.CancellationsStream, "event_id", eventID, "order_id", strconv.Itoa(other))
	f.audit(other, "answer_without_order")
}

// before forges what is read before the orders' own entries, which wait while products-consume is down.
func (f *forger) before(t *testing.T, foreign int64) {
	t.Helper()
	for _, forged := range [][]string{
		{"event_id", uuid.NewString(), "products", lines(f.lamp, 7)},
		{"products", lines(f.lamp, 1)},
		{"event_id", uuid.NewString(), "products", lines(f.lamp, 2)}, // its own lines, at any price
		{"event_id", uuid.NewString(), "products", lines(foreign, 1)},
	} {
		id := f.place(t, 2, f.forge(t, forged...), "PENDING, CANCELLED mismatch")
		f.audit(id, "answer_of_other_lines")
	}
	scarce := f.place(t, 1000, "", "PENDING, COMPLETED, CANCELLED mismatch")
	f.audit(scarce, "answer_contradicts")
	for _, id := range []int64{f.place(t, 1, "", "PENDING, COMPLETED"), scarce} {
		forge(t, f.client, event.InventoryStream, "order_id", strconv.FormatInt(id, 10), "status", "COMPLETED")
		if got := f.buyer.decided(t, id); got.path() != "PENDING, COMPLETED" {
			t.Errorf("an answer of the documented contract alone: %s", got.path())
		}
	}
}

func lines(product int64, quantity int) string {
	return fmt.Sprintf(`[{"product_id":%d,"quantity":%d}]`, product, quantity)
}

// nobodysOrder is another id for each forgery and kind.
func nobodysOrder(i, kind int) int { return nobodys + i*100 + kind }

// forgeAll writes an entry of each kind. Those below 5 and the last are answered, or are answers, for orders that there
// are not.
func forgeAll(t *testing.T, client *redis.Client, i int, lamp, foreign int64) {
	t.Helper()
	id := func(kind int) string { return strconv.Itoa(nobodysOrder(i, kind)) }
	forge(t, client, event.OrdersStream, "order_id", id(0), "event_id", uuid.NewString(), "products", lines(lamp, 3))
	forge(t, client, event.OrdersStream, "order_id", id(1), "products", lines(foreign, 2))
	forge(t, client, event.OrdersStream, "order_id", id(2), "products", lines(lamp, 1000)) // fails
	forge(t, client, event.InventoryStream, "order_id", id(3), "status", "COMPLETED")
	forge(t, client, event.InventoryStream, "order_id", id(4), "status", "FAILED", "event_id", uuid.NewString())
	forge(t, client, event.OrdersStream, "order_id", id(5), "event_id", uuid.NewString(), "products", lines(lamp, -3))
	forge(t, client, event.OrdersStream, "order_id", id(6), "products", lines(999_999_999, 1))
	forge(t, client, event.OrdersStream, "order_id", id(7), "products", `[{"product_id":1,"quantity":1`)
	forge(t, client, event.InventoryStream, "order_id", id(8), "status", "SHIPPED")
	forge(t, client, event.CancellationsStream, "order_id", "-1")
	forge(t, client, event.CancellationsStream, "order_id", id(9)) // nothing is held for it, and nothing comes back
	forge(t, client, event.InventoryStream, "order_id", id(10), "status", "RELEASED")
}

// checkAudit wants what the domains could not believe, and nothing else, in the audit.
func checkAudit(t *testing.T, db *pgxpool.Pool, want map[string]bool) {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT DISTINCT a.target, a.action FROM ops.audit a WHERE a.actor = 'orders'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := 0
	for ; rows.Next(); found++ {
		var target, action string
		if err := rows.Scan(&target, &action); err != nil {
			t.Fatal(err)
		}
		if !want[action+" of "+target] {
			t.Errorf("audited: %s of %s", action, target)
		}
	}
	if rows.Err() != nil || found != len(want) {
		t.Errorf("%d are audited, want %d (%v)", found, len(want), rows.Err())
	}
}

// checkForgedLetters wants one letter for each entry that cannot be.
func checkForgedLetters(t *testing.T, admin *user) {
	t.Helper()
	want := map[string]int{"malformed": 3*forgeries + 1, "unknown_product": forgeries} // every time the same cancellation of -1
	got := map[string]int{}
	until(t, "the letters", func() bool {
		clear(got)
		all := admin.letters(t, "dead")
		for _, l := range all {
			got[l.ErrorCode]++
		}
		return len(all) >= 4*forgeries+1
	})
	for code, n := range got {
		if n != want[code] {
			t.Errorf("%d letters with %s, want %d", n, code, want[code])
		}
	}
}

// checkStock fails unless each product has what it had, less what its standing orders hold.
func checkStock(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	const stolen = `SELECT count(*) FROM products.products p WHERE p.quantity <>
		(SELECT sum(s.delta) FROM products.stock_ledger s WHERE s.product_id = p.id AND s.order_id IS NULL)
		- (SELECT coalesce(sum(i.quantity), 0) FROM orders.order_items i JOIN orders.orders o ON o.id = i.order_id
			WHERE i.product_id = p.id AND o.status = 'COMPLETED')`
	if n := count(t, db, stolen); n != 0 {
		t.Errorf("%d products have another stock than the real orders have left", n)
	}
}
