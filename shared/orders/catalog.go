package orders

import (
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/money"
)

// healCatalog writes into the catalogue what refusals say of products, where it is newer.
func healCatalog(b *pgx.Batch, settled []event.OrderDecided) {
	now := map[int64]event.ProductNow{}
	for _, d := range settled {
		for _, c := range d.Changes {
			if c.Version > now[c.ProductID].Version {
				now[c.ProductID] = c
			}
		}
	}
	if len(now) == 0 {
		return
	}
	var products []int64
	var versions, available []int
	var prices []money.Amount
	for _, id := range slices.Sorted(maps.Keys(now)) {
		price, _ := money.Parse(now[id].Price) // Valid has let it through
		products, versions = append(products, id), append(versions, now[id].Version)
		prices, available = append(prices, price), append(available, now[id].Available)
	}
	b.Queue(`WITH locked AS (
			SELECT c.product_id FROM orders.catalog c WHERE c.product_id = ANY($1) ORDER BY c.product_id FOR UPDATE)
		UPDATE orders.catalog c SET version = n.version, price = n.price, quantity = n.available
		FROM unnest($1::bigint[], $2::int[], $3::numeric[], $4::int[]) n (product_id, version, price, available)
		JOIN locked l ON l.product_id = n.product_id
		WHERE c.product_id = n.product_id AND c.version < n.version`, products, versions, prices, available)
}

// upsertCatalog writes products, in the order of their ids, unless what is there is newer. The same version
// is written once more: a refusal may have healed it, which says less than the product's own event.
func upsertCatalog(b *pgx.Batch, newest map[int64]event.ProductChanged) {
	var products, sellers []int64
	var versions, quantities []int
	var names []string
	var prices []money.Amount
	var archived []bool
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		p := newest[id]
		price, _ := money.Parse(p.Price) // Valid has let it through
		products, sellers, versions = append(products, id), append(sellers, p.SellerID), append(versions, p.Version)
		names, prices = append(names, p.Name), append(prices, price)
		quantities, archived = append(quantities, p.Quantity), append(archived, p.Archived)
	}
	b.Queue(`INSERT INTO orders.catalog (product_id, version, name, price, seller_id, quantity, archived)
		SELECT n.product_id, n.version, n.name, n.price, n.seller_id, n.quantity, n.archived
		FROM unnest($1::bigint[], $2::int[], $3::text[], $4::numeric[], $5::bigint[], $6::int[], $7::bool[])
			n (product_id, version, name, price, seller_id, quantity, archived)
		ON CONFLICT (product_id) DO UPDATE SET version = excluded.version, name = excluded.name, price = excluded.price,
			seller_id = excluded.seller_id, quantity = excluded.quantity, archived = excluded.archived
		WHERE catalog.version <= excluded.version`, products, versions, names, prices, sellers, quantities, archived)
}
