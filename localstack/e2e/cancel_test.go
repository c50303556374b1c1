package e2e_test

import (
	"fmt"
	"sync"
	"testing"

	"mercato/shared/event"
)

// TestCancel_bothWays: a buyer cancels before and after the decision. What was taken comes back once, however often he clicks.
func TestCancel_bothWays(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon)
	db, client := s.owner(t), s.redis(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", 100)
	of := []line{{lamp, "19.99", 3}}
	completed, kept, late := buyer.order(t, of...), buyer.order(t, of...), buyer.order(t, of...)
	for _, id := range []int64{completed, kept, late} {
		if got := buyer.decided(t, id); got.path() != "PENDING, COMPLETED" {
			t.Fatal(got.path())
		}
	}
	stop := s.keepDead(t, "products-consume")
	pending := buyer.order(t, of...)
	path := func(id int64) string { return fmt.Sprintf("/api/orders/%d/cancel", id) }
	seller.do(t, "POST", path(pending), nil).refused(t, 404, "not_found")
	for _, id := range []int64{pending, completed} {
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				var out struct{ Status string }
				if a, err := buyer.send(t.Context(), "POST", path(id), nil); err != nil || a.status != 202 || a.decode(&out) != nil || out.Status != "CANCELLED" {
					t.Errorf("%s, %v", a, err)
				}
			})
		}
		group.Wait()
	}
	if _, err := db.Exec(t.Context(), `UPDATE orders.orders SET settled_at = now() - interval '31 minutes' WHERE id = $1`, late); err != nil {
		t.Fatal(err)
	}
	buyer.do(t, "POST", path(late), nil).refused(t, 409, "too_late")
	stop()
	s.invoke(t, "products-consume")
	awaitQuiet(t, db)
	awaitRead(t, client)

	for id, want := range map[int64]string{
		pending: "PENDING, CANCELLED buyer", completed: "PENDING, COMPLETED, CANCELLED buyer", kept: "PENDING, COMPLETED", late: "PENDING, COMPLETED",
	} {
		if got := buyer.look(t, id).path(); got != want {
			t.Errorf("order %d: %s, want %s", id, got, want)
		}
	}
	var left struct{ Quantity int }
	buyer.do(t, "GET", fmt.Sprintf("/api/products/public/%d", lamp), nil).into(t, 200, &left)
	if left.Quantity != 100-3-3 {
		t.Errorf("%d lamps are left of 100 after two sales of 3 that stand", left.Quantity)
	}
	told := map[string]bool{}
	for _, e := range client.XRange(t.Context(), event.CancellationsStream, "-", "+").Val() {
		told[fmt.Sprint(e.Values["order_id"], " ", e.Values["event_id"])] = true
	}
	if len(told) != 2 {
		t.Errorf("two orders are cancelled by %d events: %v", len(told), told)
	}
	checkSales(t, seller, map[int64]string{pending: "CANCELLED", completed: "CANCELLED", kept: "COMPLETED", late: "COMPLETED"})
	checkBooks(t, db, []int64{pending, completed, kept, late})
}

// checkSales compares what the seller is told of his sales.
func checkSales(t *testing.T, seller *user, want map[int64]string) {
	t.Helper()
	var sales []struct {
		OrderID    int64 `json:"order_id"`
		Status     string
		TotalPrice string `json:"total_price"`
	}
	seller.do(t, "GET", "/api/orders/sales", nil).into(t, 200, &sales)
	if len(sales) != len(want) {
		t.Errorf("%d sales, want %d", len(sales), len(want))
	}
	for _, sale := range sales {
		if sale.Status != want[sale.OrderID] || sale.TotalPrice != "59.97" {
			t.Errorf("sale %+v, want %s", sale, want[sale.OrderID])
		}
	}
}
