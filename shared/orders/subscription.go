package orders

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/inbox"
	"mercato/shared/platform/money"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/telemetry"
)

// Consume hears what became of orders, and what products are now.
var Consume = stream.Subscription[*Service]{
	Name: "orders-consume", Group: schema, Open: read,
	Reads: []stream.Reads[*Service]{
		{Stream: event.InventoryStream, Valid: validDecision, Apply: (*Service).decided},
		{Stream: event.ProductsStream, Valid: validProduct, Apply: (*Service).catalogued},
	},
}

func validDecision(e stream.Entry) error {
	d, err := event.ParseOrderDecided(e.Fields)
	for _, c := range d.Changes {
		if err == nil && c.Version > 0 { // 0 is a product that there never was
			err = listed(c.Price)
		}
	}
	return err //nolint:wrapcheck // the consumer says which entry
}

func validProduct(e stream.Entry) error {
	p, err := event.ParseProductChanged(e.Fields)
	if err == nil {
		err = listed(p.Price)
	}
	return err //nolint:wrapcheck // the consumer says which entry
}

// listed checks the price of a product, which is from 0.01 to 999999.99.
func listed(text string) error {
	price, err := money.Parse(text)
	if err == nil && (price < 1 || price > 99_999_999) {
		err = fmt.Errorf("price %q is out of range", text)
	}
	return err //nolint:wrapcheck // the consumer says which entry
}

// decided settles orders as products decided them. A decision that comes again, or for an order that
// has been settled otherwise, changes nothing.
func (s *Service) decided(ctx context.Context, entries []stream.Entry) (err error) {
	defer fault.Wrap(&err, "orders.decided(%d entries)", len(entries))
	decisions := make([]event.OrderDecided, len(entries))
	events, orders := make([]inbox.Event, len(entries)), make([]int64, len(entries))
	for i, e := range entries {
		decisions[i], _ = event.ParseOrderDecided(e.Fields) // Valid has let it through
		events[i], orders[i] = inbox.Event{ID: decisions[i].ID, Replays: decisions[i].Replays}, decisions[i].OrderID
	}
	fresh, standing := map[string]bool{}, map[int64]Status{}
	return postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askFresh(b, events, fresh)
		askStatus(b, orders, standing)
	}, func(b *pgx.Batch) error {
		var settled []event.OrderDecided
		for _, d := range decisions {
			if fresh[d.ID] {
				delete(fresh, d.ID) // the batch may hold it twice
				if s.settles(ctx, d, standing) {
					settled = append(settled, d)
				}
			}
		}
		updateOrders(b, settled)
		healCatalog(b, settled)
		return nil
	})
}

// settles says whether a decision moves its order, and moves it in standing.
func (s *Service) settles(ctx context.Context, d event.OrderDecided, standing map[int64]Status) bool {
	from, known := standing[d.OrderID]
	to := Status(d.Status)
	if !from.May(to) {
		slog.WarnContext(telemetry.WithCorrelation(ctx, d.CorrelationID), "decision changes nothing",
			"order_id", d.OrderID, "known", known, "from", string(from), "to", d.Status, "event_id", d.ID)
		return false
	}
	standing[d.OrderID] = to
	return true
}

// catalogued keeps the catalogue: of each product the highest version.
func (s *Service) catalogued(ctx context.Context, entries []stream.Entry) (err error) {
	defer fault.Wrap(&err, "orders.catalogued(%d entries)", len(entries))
	newest := map[int64]event.ProductChanged{}
	events := make([]inbox.Event, len(entries))
	for i, e := range entries {
		p, _ := event.ParseProductChanged(e.Fields) // Valid has let it through
		if events[i] = (inbox.Event{ID: p.ID, Replays: p.Replays}); p.Version > newest[p.ProductID].Version {
			newest[p.ProductID] = p
		}
	}
	var b pgx.Batch // one implicit transaction
	inbox.Queue(&b, schema, events)
	upsertCatalog(&b, newest)
	return s.db.SendBatch(ctx, &b).Close() //nolint:wrapcheck // Wrap says what it was doing
}
