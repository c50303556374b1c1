package products

import (
	"cmp"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
)

// askClaim queues the claim of orders, so that nobody else decides them, and collects those that nobody
// had decided. Rows are taken in the order of their ids, here and in askStock: two workers never wait
// for each other in a circle.
func askClaim(b *pgx.Batch, orders []event.OrderPlaced, claimed map[int64]bool) {
	sorted := slices.SortedFunc(slices.Values(orders), func(a, b event.OrderPlaced) int { return cmp.Compare(a.OrderID, b.OrderID) })
	ids, events := make([]int64, len(sorted)), make([]string, len(sorted))
	for i, o := range sorted {
		ids[i], events[i] = o.OrderID, o.ID
	}
	b.Queue(`INSERT INTO products.decisions AS d (order_id, event_id)
		SELECT o.id, o.event FROM unnest($1::bigint[], $2::uuid[]) o (id, event)
		ON CONFLICT DO NOTHING RETURNING d.order_id`, ids, events).Query(func(rows pgx.Rows) error {
		var id int64
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error { claimed[id] = true; return nil })
		return err
	})
}

// askStock queues the locking of every product that the orders name, and collects what there is.
func askStock(b *pgx.Batch, orders []event.OrderPlaced, stock map[int64]Stock) {
	ids := map[int64]bool{}
	for _, o := range orders {
		for _, l := range o.Lines {
			ids[l.ProductID] = true
		}
	}
	b.Queue(`SELECT p.id, p.price, p.version, p.quantity, p.archived_at IS NOT NULL
		FROM products.products p WHERE p.id = ANY($1) ORDER BY p.id FOR UPDATE`,
		slices.Sorted(maps.Keys(ids))).Query(func(rows pgx.Rows) error {
		var id int64
		var s Stock
		_, err := pgx.ForEachRow(rows, []any{&id, &s.Price, &s.Version, &s.Quantity, &s.Archived}, func() error {
			stock[id] = s
			return nil
		})
		return err
	})
}

// takeStock queues what the completed orders take, and why, for the ledger.
func takeStock(b *pgx.Batch, decisions []Decision) {
	var orders, products []int64
	var quantities []int
	sold := map[int64]int{}
	for _, d := range decisions {
		if !d.Completed() {
			continue
		}
		for _, l := range d.Order.Lines {
			orders, products, quantities = append(orders, d.Order.OrderID), append(products, l.ProductID), append(quantities, l.Quantity)
			sold[l.ProductID] += l.Quantity
		}
	}
	if len(orders) == 0 {
		return
	}
	var ids []int64
	var totals []int
	for _, id := range slices.Sorted(maps.Keys(sold)) {
		ids, totals = append(ids, id), append(totals, sold[id])
	}
	b.Queue(`UPDATE products.products p SET quantity = p.quantity - s.quantity, version = p.version + 1
		FROM unnest($1::bigint[], $2::int[]) s (id, quantity) WHERE p.id = s.id`, ids, totals)
	b.Queue(`INSERT INTO products.stock_ledger (order_id, product_id, kind, delta)
		SELECT s.order_id, s.product_id, 'reserve', -s.quantity
		FROM unnest($1::bigint[], $2::bigint[], $3::int[]) s (order_id, product_id, quantity)`, orders, products, quantities)
}

// insertInbox queues the events that asked for what had been decided; the event of the decision itself is
// confirmed by its row there.
func insertInbox(b *pgx.Batch, orders []event.OrderPlaced) {
	if len(orders) == 0 {
		return
	}
	events := make([]string, len(orders))
	for i, o := range orders {
		events[i] = o.ID
	}
	slices.Sort(events)
	b.Queue(`INSERT INTO products.inbox (event_id) SELECT o.event FROM unnest($1::uuid[]) o (event)
		WHERE NOT EXISTS (SELECT FROM products.decisions d WHERE d.event_id = o.event)
		ON CONFLICT DO NOTHING`, events)
}
