package orders_test

import "testing"

// TestTheReleaseBefore: while a deployment is under way the code before 00002 works on its schema. These are its
// statements.
func TestTheReleaseBefore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	db := b.app.Env(t).Postgres("orders")
	for _, statement := range []string{
		`INSERT INTO orders.orders (id, user_id, username, status, total_price, item_count, created_at)
			OVERRIDING SYSTEM VALUE VALUES (7, 1, 'anna', 'PENDING', 9.99, 1, now())`,
		`UPDATE orders.orders o SET status = 'COMPLETED', reason = '' WHERE o.id = 7 AND o.status = 'PENDING'`,
		`INSERT INTO orders.inbox (event_id) SELECT e FROM unnest(ARRAY[gen_random_uuid()]) e ON CONFLICT DO NOTHING`,
	} {
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM orders.orders o WHERE o.id = 7 AND o.status = 'COMPLETED' AND o.deadline > now()`); n != 1 {
		t.Error("the order did not take its way")
	}
}
