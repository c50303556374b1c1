package e2e_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

// TestLostTail: a failover loses entries behind which the groups stand already, in every stream. Each order still ends,
// and the outboxes are empty afterwards.
func TestLostTail(t *testing.T) {
	t.Parallel()
	s := own(t, dueSoon)
	db, client := s.owner(t), s.redis(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	n := scaled(50, 1000)
	shop := openShop(t, seller, buyer, n)
	buyer.decided(t, buyer.order(t, shop.basket(0).Items...)) // the groups are there
	var orders []int64
	for _, reader := range []string{"products-consume", "orders-consume"} {
		stop := s.keepDead(t, reader)
		rush := buyer.orders(t, n, stormPace, shop.basket)
		orders = append(orders, rush.ids...)
		if reader == "orders-consume" {
			until(t, "products has decided", func() bool {
				return count(t, db, `SELECT count(*) FROM products.decisions d WHERE d.order_id = ANY($1)`, rush.ids) == n
			})
		}
		lost := 0
		for _, stream := range event.Streams() {
			lost += loseTail(t, client, stream)
		}
		if lost < n {
			t.Errorf("%d entries are lost, want %d at least", lost, n)
		}
		stop()
		s.invoke(t, reader)
	}
	awaitDecided(t, db, orders)
	awaitQuiet(t, db)
	checkBooks(t, db, orders)
	checkStock(t, db)
}

// loseTail lets the groups of a stream stand at its end, deletes what they had not read, and returns how much it was.
func loseTail(t *testing.T, client *redis.Client, stream event.Stream) (lost int) {
	t.Helper()
	for _, group := range stream.Readers {
		unread := "-"
		for _, g := range client.XInfoGroups(t.Context(), stream.Name).Val() {
			if g.Name == group {
				unread = "(" + g.LastDeliveredID
			}
		}
		entries, err := client.XRange(t.Context(), stream.Name, unread, "+").Result()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if err := client.XDel(t.Context(), stream.Name, e.ID).Err(); err != nil {
				t.Fatal(err)
			}
		}
		if lost += len(entries); len(entries) > 0 {
			if err := client.XGroupSetID(t.Context(), stream.Name, group, "$").Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return lost
}
