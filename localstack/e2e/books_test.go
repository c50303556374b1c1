package e2e_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

// awaitDecided waits until no order is pending and answers how long that took.
func awaitDecided(t *testing.T, db *pgxpool.Pool, orders []int64) time.Duration {
	t.Helper()
	began := time.Now()
	until(t, "all orders are decided", func() bool {
		return count(t, db, `SELECT count(*) FROM orders.orders WHERE id = ANY($1) AND status = 'PENDING'`, orders) == 0
	})
	return time.Since(began)
}

// awaitQuiet waits until every event has been confirmed by all who read it, and answers how long that took.
func awaitQuiet(t *testing.T, db *pgxpool.Pool) time.Duration {
	t.Helper()
	began := time.Now()
	until(t, "the outboxes are empty", func() bool {
		return count(t, db, `SELECT (SELECT count(*) FROM orders.outbox) + (SELECT count(*) FROM products.outbox)`) == 0
	})
	return time.Since(began)
}

// awaitRead waits until every group has finished every entry of its streams.
func awaitRead(t *testing.T, client *redis.Client) {
	t.Helper()
	until(t, "the streams are read", func() bool {
		for _, stream := range event.Streams() {
			groups, err := client.XInfoGroups(t.Context(), stream.Name).Result()
			if err != nil && !strings.Contains(err.Error(), "no such key") {
				return false
			}
			for _, g := range groups {
				if g.Pending > 0 || g.Lag != 0 {
					return false
				}
			}
		}
		return true
	})
}

// count is 0 or more; a database that is away for a moment, as some tests want it, is asked again.
func count(t *testing.T, db *pgxpool.Pool, query string, arguments ...any) (n int) {
	t.Helper()
	var err error
	if !happens(func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // a frozen database must not hang the test
		defer cancel()
		err = db.QueryRow(ctx, query, arguments...).Scan(&n)
		return err == nil
	}) {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// wrongs are questions about decided orders whose answer is 0 in a shop whose books are right. Each counts what is wrong.
var wrongs = map[string]string{
	"orders are lost": `SELECT count(*) FROM unnest($1::bigint[]) i (id) WHERE NOT EXISTS (
		SELECT FROM orders.orders o JOIN orders.order_items l ON l.order_id = o.id WHERE o.id = i.id)`,
	"timelines do not lead to where the order stands": `SELECT count(*) FROM orders.orders o WHERE o.id = ANY($1) AND NOT coalesce((
		SELECT string_agg(e.status || ':' || e.reason, ' ' ORDER BY e.id) FROM orders.order_events e WHERE e.order_id = o.id) IN (
			'PENDING: ' || o.status || ':' || o.reason,
			CASE o.status WHEN 'CANCELLED' THEN 'PENDING: COMPLETED: CANCELLED:' || o.reason END), false)`,
	"orders are not decided exactly once": `SELECT count(*) FROM unnest($1::bigint[]) i (id) WHERE 1 <> (
		SELECT count(*) FROM products.decisions d WHERE d.order_id = i.id)`,
	"products have another stock than their ledger": `SELECT count(*) FROM products.products p WHERE cardinality($1::bigint[]) > 0 AND (
		p.quantity < 0 OR p.quantity <> (SELECT coalesce(sum(s.delta), 0) FROM products.stock_ledger s WHERE s.product_id = p.id))`,
	"lines that were sold were not taken once, or others were": `SELECT count(*) FROM (
			SELECT l.order_id, l.product_id, l.quantity FROM orders.order_items l JOIN orders.orders o ON o.id = l.order_id
			WHERE o.status = 'COMPLETED' AND o.id = ANY($1)) sold
		FULL JOIN (
			SELECT s.order_id, s.product_id, -sum(s.delta) AS quantity FROM products.stock_ledger s
			WHERE s.order_id = ANY($1) GROUP BY s.order_id, s.product_id HAVING sum(s.delta) <> 0) taken
		USING (order_id, product_id) WHERE sold.quantity IS DISTINCT FROM taken.quantity`,
}

// checkBooks fails unless each of the orders was decided once and the stock is what the ledger says.
func checkBooks(t *testing.T, db *pgxpool.Pool, orders []int64) {
	t.Helper()
	for what, query := range wrongs {
		if n := count(t, db, query, orders); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	if n := count(t, db, `SELECT count(DISTINCT i.id) FROM unnest($1::bigint[]) i (id)`, orders); n != len(orders) {
		t.Errorf("%d orders have %d ids", len(orders), n)
	}
}

// ends tells how the orders ended.
func ends(t *testing.T, db *pgxpool.Pool, orders []int64) string {
	t.Helper()
	var text string
	if err := db.QueryRow(t.Context(), `SELECT coalesce(string_agg(s.n || ' ' || s.status, ', ' ORDER BY s.status), 'none') FROM (
		SELECT o.status, count(*) AS n FROM orders.orders o WHERE o.id = ANY($1) GROUP BY o.status) s`, orders).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
