package e2e_test

import (
	"fmt"
	"testing"

	"mercato/shared/event"
)

// TestCatalogue: what orders know of products is a copy. It heals, or is rebuilt, whatever it has lost.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon)
	db, client, admin := s.owner(t), s.redis(t), clerk(t, s)
	seller, buyer := signUp(t, s), signUp(t, s)
	var orders []int64
	sold := func(t *testing.T, items ...line) {
		t.Helper()
		id := buyer.order(t, items...)
		if got := buyer.decided(t, id); got.path() != "PENDING, COMPLETED" {
			t.Errorf("%v: %s", items, got.path())
		}
		orders = append(orders, id)
	}
	// reprice loses the event of a change on its way to whoever reads it.
	reprice := func(t *testing.T, lamp int64, wipe func()) {
		t.Helper()
		sold(t, line{lamp, "19.99", 1})
		stop := s.keepDead(t, "orders-consume")
		seller.do(t, "PATCH", fmt.Sprintf("/api/products/%d", lamp), map[string]string{"price": "24.50"}).want(t, 200)
		wipe()
		stop()
		s.invoke(t, "orders-consume")
	}
	flush := func() {
		if err := client.FlushAll(t.Context()).Err(); err != nil {
			t.Error(err)
		}
	}
	wish := func(price string, lamp int64) basket { return basket{[]line{{lamp, price, 1}}} }

	t.Run("Redis_wiped", func(t *testing.T) {
		lamp := seller.list(t, "Lamp", "19.99", 10)
		reprice(t, lamp, flush)
		until(t, "the relay has told the new price", func() bool {
			a := buyer.do(t, "POST", "/api/orders", wish("24.50", lamp))
			if a.status != 201 {
				a.refused(t, 409, "price_changed")
				return false
			}
			var out struct{ OrderID int64 }
			a.into(t, 201, &out)
			if got := buyer.decided(t, out.OrderID); got.path() != "PENDING, COMPLETED" {
				t.Errorf("at the new price: %s", got.path())
			}
			orders = append(orders, out.OrderID)
			return true
		})
		buyer.do(t, "POST", "/api/orders", wish("19.99", lamp)).refused(t, 409, "price_changed")
	})
	t.Run("event_lost", func(t *testing.T) {
		lamp := seller.list(t, "Lamp", "19.99", 10)
		reprice(t, lamp, func() {
			if _, err := db.Exec(t.Context(), `DELETE FROM products.outbox o WHERE o.stream = $1 AND o.fields ->> 'product_id' = $2`,
				event.ProductsStream, fmt.Sprint(lamp)); err != nil {
				t.Error(err)
			}
			flush()
		})
		buyer.do(t, "POST", "/api/orders", wish("24.50", lamp)).refused(t, 409, "price_changed") // nobody has told orders
		id := buyer.order(t, line{lamp, "", 1})
		if got := buyer.decided(t, id); got.path() != "PENDING, FAILED price_changed" {
			t.Errorf("at the old price: %s", got.path())
		}
		orders = append(orders, id)
		buyer.do(t, "POST", "/api/orders", wish("19.99", lamp)).refused(t, 409, "price_changed") // the answer has told
		sold(t, line{lamp, "24.50", 1})
	})
	t.Run("emptied", func(t *testing.T) {
		lamp := seller.list(t, "Lamp", "19.99", 10)
		sold(t, line{lamp, "19.99", 1})
		awaitQuiet(t, db) // no event is on its way that would fill it
		if _, err := db.Exec(t.Context(), `DELETE FROM orders.catalog`); err != nil {
			t.Fatal(err)
		}
		buyer.do(t, "POST", "/api/orders", wish("19.99", lamp)).refused(t, 409, "catalog_behind")
		buyer.do(t, "POST", "/api/products/catalog/rebuild", nil).refused(t, 403, "forbidden")
		admin.do(t, "POST", "/api/products/catalog/rebuild", nil).want(t, 202)
		sold(t, line{lamp, "19.99", 2})
		unknown := `SELECT count(*) FROM products.products p WHERE NOT EXISTS (
			SELECT FROM orders.catalog c WHERE c.product_id = p.id AND c.price = p.price AND c.archived = (p.archived_at IS NOT NULL))`
		until(t, "every product is known", func() bool { return count(t, db, unknown) == 0 })
	})
	t.Run("forged", func(t *testing.T) {
		lamp := seller.list(t, "Lamp", "19.99", 10)
		sold(t, line{lamp, "19.99", 1})
		forged := func(price, archived string) {
			forge(t, client, event.ProductsStream, "product_id", fmt.Sprint(lamp), "version", "2147483647", "name", "Lamp", "price", price,
				"seller_id", fmt.Sprint(seller.id), "quantity", "1", "archived", archived, "occurred_at", "9999-12-31T23:59:59Z")
			awaitRead(t, client)
		}
		forged("0.01", "false")
		id := buyer.order(t, line{lamp, "0.01", 1})
		if got := buyer.decided(t, id); got.path() != "PENDING, FAILED price_changed" {
			t.Errorf("at a forged price: %s", got.path())
		}
		orders = append(orders, id)
		sold(t, line{lamp, "19.99", 1}) // the answer has told
		forged("19.99", "true")
		buyer.do(t, "POST", "/api/orders", wish("19.99", lamp)).want(t, 422)
		admin.do(t, "POST", "/api/products/catalog/rebuild", nil).want(t, 202)
		until(t, "it is for sale again", func() bool {
			return count(t, db, `SELECT count(*) FROM orders.catalog c WHERE c.product_id = $1 AND NOT c.archived`, lamp) == 1
		})
		sold(t, line{lamp, "19.99", 1})
	})
	t.Run("of_nothing", func(t *testing.T) {
		const ghost = 999_999_999
		forge(t, client, event.ProductsStream, "product_id", fmt.Sprint(ghost), "version", "1", "name", "Ghost", "price", "1.00",
			"seller_id", fmt.Sprint(seller.id), "quantity", "1", "archived", "false", "occurred_at", "9999-12-31T23:59:59Z")
		awaitRead(t, client)
		id := buyer.order(t, line{ghost, "1.00", 1})
		if got := buyer.decided(t, id); got.path() != "PENDING, FAILED product_gone" {
			t.Errorf("of a product that there never was: %s", got.path())
		}
		buyer.do(t, "POST", "/api/orders", wish("1.00", ghost)).want(t, 422) // the answer has told
	})
	awaitDecided(t, db, orders)
	awaitQuiet(t, db)
	checkBooks(t, db, orders)
}
