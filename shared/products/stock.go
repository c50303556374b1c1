package products

import (
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
)

// move is what an order does to the stock of a product.
type move struct {
	order, product int64
	delta          int
}

// askStock queues the locking of every product that the orders name, in the order of their ids, and collects what
// there is.
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

// askHeld queues the locking of the products that the claimed orders hold stock of, in the order of their ids, and
// then collects what gives it back: only under the locks is it sure that nobody else has. What an event asks for
// that lies buried is left out.
func askHeld(b *pgx.Batch, claims []claim, back map[move]bool) {
	orders, events, replays := columnsOf(claims)
	b.Queue(`SELECT FROM products.products p WHERE p.id IN (
			SELECT l.product_id FROM products.stock_ledger l WHERE l.order_id = ANY($1) AND l.kind = 'reserve'
				AND NOT EXISTS (SELECT FROM products.stock_ledger r
					WHERE r.order_id = l.order_id AND r.product_id = l.product_id AND r.kind = 'release'))
		ORDER BY p.id FOR UPDATE`, orders)
	b.Queue(`SELECT l.order_id, l.product_id, -l.delta FROM unnest($1::bigint[], $2::uuid[], $3::int[]) c (id, event, replays)
		JOIN products.stock_ledger l ON l.order_id = c.id AND l.kind = 'reserve'
		WHERE NOT EXISTS (SELECT FROM products.stock_ledger r
				WHERE r.order_id = l.order_id AND r.product_id = l.product_id AND r.kind = 'release')
			AND NOT EXISTS (SELECT FROM products.inbox i WHERE i.event_id = c.event AND i.buried >= c.replays)`,
		orders, events, replays).Query(func(rows pgx.Rows) error {
		var m move
		_, err := pgx.ForEachRow(rows, []any{&m.order, &m.product, &m.delta}, func() error { back[m] = true; return nil })
		return err
	})
}

// moveStock queues moves of locked products, and why they are made, for the ledger: the products by their sums, the
// ledger by the orders.
func moveStock(b *pgx.Batch, kind string, moves []move) {
	if len(moves) == 0 {
		return
	}
	orders, products, deltas := make([]int64, len(moves)), make([]int64, len(moves)), make([]int, len(moves))
	sums := map[int64]int{}
	for i, m := range moves {
		orders[i], products[i], deltas[i] = m.order, m.product, m.delta
		sums[m.product] += m.delta
	}
	var ids []int64
	var totals []int
	for _, id := range slices.Sorted(maps.Keys(sums)) {
		ids, totals = append(ids, id), append(totals, sums[id])
	}
	b.Queue(`UPDATE products.products p SET quantity = p.quantity + s.delta, version = p.version + 1
		FROM unnest($1::bigint[], $2::int[]) s (id, delta) WHERE p.id = s.id`, ids, totals)
	b.Queue(`INSERT INTO products.stock_ledger (order_id, product_id, kind, delta)
		SELECT s.order_id, s.product_id, $4, s.delta
		FROM unnest($1::bigint[], $2::bigint[], $3::int[]) s (order_id, product_id, delta)`, orders, products, deltas, kind)
}
