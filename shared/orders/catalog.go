package orders

import (
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/money"
)

// A row of the catalogue is replaced by what has a higher version, and by what was true at a later time than the row was
// written: versions only grow, so a higher one in an older row is not products' own, and would stay for ever. Both times
// are Postgres's (see postgres.QueueNow): the row's is that of the transaction that wrote it, the event's that of the
// transaction that has changed or read the product.

// refused is a product of an order that products have refused, as it was then.
type refused struct {
	event.ProductNow

	order int64
	at    time.Time
}

// healCatalog writes into the catalogue what refusals say of products that their orders hold. They say nothing of name,
// seller and archiving, so the version of these stays.
func healCatalog(b *pgx.Batch, settled []event.OrderDecided) {
	newest := map[int64]refused{}
	for _, d := range settled {
		for _, c := range d.Changes {
			if c.Version > newest[c.ProductID].Version {
				newest[c.ProductID] = refused{c, d.OrderID, d.OccurredAt}
			}
		}
	}
	if len(newest) == 0 {
		return
	}
	var products, orders []int64
	var versions, available []int
	var prices []money.Amount
	var times []time.Time
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		r := newest[id]
		price, _ := money.Parse(r.Price) // Valid has let it through
		products, orders, versions = append(products, id), append(orders, r.order), append(versions, r.Version)
		prices, available, times = append(prices, price), append(available, r.Available), append(times, r.at)
	}
	b.Queue(`WITH locked AS (
			SELECT c.product_id FROM orders.catalog c WHERE c.product_id = ANY($1) ORDER BY c.product_id FOR UPDATE)
		UPDATE orders.catalog c SET price_version = n.version, price = n.price, quantity = n.available,
			version = least(c.version, n.version), written_at = now()
		FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::numeric[], $5::int[], $6::timestamptz[])
			n (product_id, order_id, version, price, available, told_at)
		JOIN locked l ON l.product_id = n.product_id
		JOIN orders.order_items i ON i.order_id = n.order_id AND i.product_id = n.product_id
		WHERE c.product_id = n.product_id AND (greatest(c.version, c.price_version) < n.version OR c.written_at < n.told_at)`,
		products, orders, versions, prices, available, times)
}

// overtaken says that a refusal has told a newer price and quantity than the event that is being written.
const overtaken = `c.price_version > excluded.version AND c.written_at >= excluded.told_at`

// upsertCatalog writes products, in the order of their ids, unless what is there is newer; a price or a quantity may be,
// by a refusal.
func upsertCatalog(b *pgx.Batch, newest map[int64]event.ProductChanged) {
	var products, sellers []int64
	var versions, quantities []int
	var names []string
	var prices []money.Amount
	var archived []bool
	var times []time.Time
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		p := newest[id]
		price, _ := money.Parse(p.Price) // Valid has let it through
		products, sellers, versions = append(products, id), append(sellers, p.SellerID), append(versions, p.Version)
		names, prices, times = append(names, p.Name), append(prices, price), append(times, p.OccurredAt)
		quantities, archived = append(quantities, p.Quantity), append(archived, p.Archived)
	}
	b.Queue(`INSERT INTO orders.catalog AS c (product_id, version, name, price, seller_id, quantity, archived, told_at)
		SELECT n.product_id, n.version, n.name, n.price, n.seller_id, n.quantity, n.archived, n.told_at
		FROM unnest($1::bigint[], $2::int[], $3::text[], $4::numeric[], $5::bigint[], $6::int[], $7::bool[], $8::timestamptz[])
			n (product_id, version, name, price, seller_id, quantity, archived, told_at)
		ON CONFLICT (product_id) DO UPDATE SET version = excluded.version, name = excluded.name, seller_id = excluded.seller_id,
			archived = excluded.archived, told_at = excluded.told_at, written_at = now(),
			price = CASE WHEN `+overtaken+` THEN c.price ELSE excluded.price END,
			quantity = CASE WHEN `+overtaken+` THEN c.quantity ELSE excluded.quantity END,
			price_version = CASE WHEN `+overtaken+` THEN c.price_version ELSE 0 END
		WHERE c.version <= excluded.version OR c.written_at < excluded.told_at`,
		products, versions, names, prices, sellers, quantities, archived, times)
}
