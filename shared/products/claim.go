package products

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/inbox"
)

// claim is what an event makes on an order: to be the one that settles what becomes of it here.
type claim struct {
	order int64
	event inbox.Event
}

func claimOf(order int64, e event.Envelope) claim {
	return claim{order, inbox.Event{ID: e.ID, Replays: e.Replays}}
}

func claimsOf(orders []event.OrderPlaced) []claim {
	claims := make([]claim, len(orders))
	for i, o := range orders {
		claims[i] = claimOf(o.OrderID, o.Envelope)
	}
	return claims
}

// askClaim queues the claims and collects those that are granted: the event of each order that nobody had decided.
// An event that lies buried is granted nothing until it is replayed. Orders are taken in the order of their ids,
// products after them, the inbox last, by everyone: no two workers wait for each other in a circle.
func askClaim(b *pgx.Batch, claims []claim, granted map[int64]string) {
	sorted := slices.SortedStableFunc(slices.Values(claims), func(a, b claim) int { return cmp.Compare(a.order, b.order) })
	orders, events, replays := columnsOf(sorted)
	b.Queue(`INSERT INTO products.decisions AS d (order_id, event_id)
		SELECT c.id, c.event FROM unnest($1::bigint[], $2::uuid[], $3::int[]) WITH ORDINALITY c (id, event, replays, place)
		WHERE NOT EXISTS (SELECT FROM products.inbox i WHERE i.event_id = c.event AND i.buried >= c.replays)
		ORDER BY c.place
		ON CONFLICT DO NOTHING RETURNING d.order_id, d.event_id::text`, orders, events, replays).Query(func(rows pgx.Rows) error {
		var order int64
		var event string
		_, err := pgx.ForEachRow(rows, []any{&order, &event}, func() error { granted[order] = event; return nil })
		return err
	})
}

// askForestalled queues, behind the claims, the question which orders another event has claimed and holds nothing for, and
// collects those whose own event is new. One that is being decided right now waits in its claim until it is. Each order
// costs one look at its decision: a join would read the whole table, and the rest is for those that were forestalled.
func askForestalled(b *pgx.Batch, claims []claim, forestalled map[int64]bool) {
	orders, events, replays := columnsOf(claims)
	b.Queue(`SELECT c.id FROM unnest($1::bigint[], $2::uuid[], $3::int[]) c (id, event, replays)
		WHERE CASE WHEN (SELECT d.event_id FROM products.decisions d WHERE d.order_id = c.id) <> c.event
			THEN NOT EXISTS (SELECT FROM products.inbox i WHERE i.event_id = c.event AND coalesce(i.buried >= c.replays, true))
				AND NOT EXISTS (SELECT FROM products.stock_ledger l WHERE l.order_id = c.id AND l.kind = 'reserve'
					AND NOT EXISTS (SELECT FROM products.stock_ledger r
						WHERE r.order_id = l.order_id AND r.product_id = l.product_id AND r.kind = 'release'))
			END`,
		orders, events, replays).Query(func(rows pgx.Rows) error {
		var order int64
		_, err := pgx.ForEachRow(rows, []any{&order}, func() error { forestalled[order] = true; return nil })
		return err
	})
}

// deleteClaims takes back claims that this transaction has made.
func deleteClaims(b *pgx.Batch, orders []int64) {
	if len(orders) > 0 {
		b.Queue(`SELECT products.forfeit($1)`, orders)
	}
}

// columnsOf turns claims into what unnest takes. Events go as bytes: as text, each batch would be encoded twice.
func columnsOf(claims []claim) (orders []int64, events [][16]byte, replays []int) {
	orders, events, replays = make([]int64, len(claims)), make([][16]byte, len(claims)), make([]int, len(claims))
	for i, c := range claims {
		orders[i], events[i], replays[i] = c.order, uuid.MustParse(c.event.ID), c.event.Replays // Valid has let it through
	}
	return orders, events, replays
}

// confirm queues what says that the events have arrived. One that was granted its claim is confirmed by the row of
// the decision, so that an order costs one insert; the others get a row in the inbox. Where one was replayed, all
// go through the inbox: that ends the dead letters, and one statement takes its rows in one order.
func confirm(b *pgx.Batch, claims []claim, granted map[int64]string) {
	var events []inbox.Event
	replayed := false
	for _, c := range claims {
		if granted[c.order] != c.event.ID || c.event.Replays > 0 {
			events = append(events, c.event)
			replayed = replayed || c.event.Replays > 0
		}
	}
	switch {
	case replayed:
		inbox.Queue(b, schema, events)
	case len(events) > 0:
		insertInbox(b, events)
	}
}

// insertInbox leaves out what a decision confirms, and lets a mark of burial stand.
func insertInbox(b *pgx.Batch, events []inbox.Event) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	slices.Sort(ids)
	b.Queue(`INSERT INTO products.inbox (event_id) SELECT e.id FROM unnest($1::uuid[]) WITH ORDINALITY e (id, place)
		WHERE NOT EXISTS (SELECT FROM products.decisions d WHERE d.event_id = e.id)
		ORDER BY e.place
		ON CONFLICT DO NOTHING`, ids)
}
