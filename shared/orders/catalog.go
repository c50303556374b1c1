package orders

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/money"
	"mercato/shared/platform/stream"
)

// A row of the catalogue is replaced by what was true later, whatever the versions: products dates its news by Postgres's
// clock while the product is locked, so the later of two is the newer. What somebody has written into a stream with a
// date to come is no later than its entry, and goes when products speak of the product again.

// told is when the news of an event were true: when it says so, but no later than its entry came or than now.
func told(occurred time.Time, e stream.Entry) time.Time {
	return slices.MinFunc([]time.Time{occurred, e.At(), time.Now()}, time.Time.Compare)
}

// listed is a product as products has told of it, and when it was so.
type listed struct {
	event.ProductChanged

	at time.Time
}

// newer says whether l is to replace another row.
func (l listed) newer(than listed) bool {
	return cmp.Or(l.at.Compare(than.at), cmp.Compare(l.Version, than.Version)) > 0
}

// refused is a product of an order that products have refused, and when it was so.
type refused struct {
	event.ProductNow

	order int64
	at    time.Time
}

// healCatalog writes into the catalogue what refusals say of products that their orders hold: price and quantity, or that
// there is none. They say nothing of name and seller.
func healCatalog(b *pgx.Batch, news []refused) {
	newest := map[int64]refused{}
	for _, r := range news {
		if known, there := newest[r.ProductID]; !there || r.at.After(known.at) {
			newest[r.ProductID] = r
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
		UPDATE orders.catalog c SET price_told_at = n.told_at,
			price = CASE WHEN n.version > 0 THEN n.price ELSE c.price END,
			quantity = n.available, archived = c.archived OR n.version = 0
		FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::numeric[], $5::int[], $6::timestamptz[])
			n (product_id, order_id, version, price, available, told_at)
		JOIN locked l ON l.product_id = n.product_id
		JOIN orders.order_items i ON i.order_id = n.order_id AND i.product_id = n.product_id
		WHERE c.product_id = n.product_id AND c.price_told_at < n.told_at`,
		products, orders, versions, prices, available, times)
}

// upsertCatalog writes products, in the order of their ids, unless what is there is newer; a price or a quantity may be,
// by a refusal.
func upsertCatalog(b *pgx.Batch, newest map[int64]listed) {
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
		names, prices, times = append(names, p.Name), append(prices, price), append(times, p.at)
		quantities, archived = append(quantities, p.Quantity), append(archived, p.Archived)
	}
	b.Queue(`INSERT INTO orders.catalog AS c (product_id, version, name, price, seller_id, quantity, archived, told_at, price_told_at)
		SELECT n.product_id, n.version, n.name, n.price, n.seller_id, n.quantity, n.archived, n.told_at, n.told_at
		FROM unnest($1::bigint[], $2::int[], $3::text[], $4::numeric[], $5::bigint[], $6::int[], $7::bool[], $8::timestamptz[])
			n (product_id, version, name, price, seller_id, quantity, archived, told_at)
		ON CONFLICT (product_id) DO UPDATE SET version = excluded.version, name = excluded.name, seller_id = excluded.seller_id,
			archived = excluded.archived, told_at = excluded.told_at,
			price = CASE WHEN c.price_told_at > excluded.told_at THEN c.price ELSE excluded.price END,
			quantity = CASE WHEN c.price_told_at > excluded.told_at THEN c.quantity ELSE excluded.quantity END,
			price_told_at = greatest(c.price_told_at, excluded.told_at)
		WHERE (c.told_at, c.version) < (excluded.told_at, excluded.version)`,
		products, versions, names, prices, sellers, quantities, archived, times)
}
