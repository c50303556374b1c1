package orders

import (
	"context"
	"fmt"
	"log/slog"
	"time"

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
	Name: "orders-consume", Group: schema, Open: write,
	Reads: []stream.Reads[*Service]{
		{Stream: event.InventoryStream, Valid: validDecision, Apply: (*Service).decided},
		{Stream: event.ProductsStream, Valid: validProduct, Apply: (*Service).catalogued},
	},
	Chores: []stream.Chore[*Service]{
		// An order whose answer waits to be read must not expire.
		{Every: time.Second, After: event.InventoryStream, Do: (*Service).expire},
		{Every: 10 * time.Second, Do: (*Service).forgetKeys}, // 20,000 at a time keep up with 2,000 orders a second
	},
}

func validDecision(e stream.Entry) error {
	d, err := event.ParseOrderDecided(e.Fields)
	for _, c := range d.Changes {
		if err == nil && c.Version > 0 { // 0 is a product that there never was
			err = priced(c.Price)
		}
	}
	return err //nolint:wrapcheck // the consumer says which entry
}

func validProduct(e stream.Entry) error {
	p, err := event.ParseProductChanged(e.Fields)
	if err == nil {
		err = priced(p.Price)
	}
	return err //nolint:wrapcheck // the consumer says which entry
}

// priced checks the price of a product, which is from 0.01 to 999999.99.
func priced(text string) error {
	price, err := money.Parse(text)
	if err == nil && (price < 1 || price > 99_999_999) {
		err = fmt.Errorf("price %q is out of range", text)
	}
	return err //nolint:wrapcheck // the consumer says which entry
}

// decided settles orders as products decided them. A decision that comes again changes nothing; one that cannot be
// is audited, and what it took comes back.
func (s *Service) decided(ctx context.Context, entries []stream.Entry) (err error) {
	defer fault.Wrap(&err, "orders.decided(%d entries)", len(entries))
	decisions := make([]event.OrderDecided, len(entries))
	events, orders := make([]inbox.Event, len(entries)), make([]int64, len(entries))
	for i, e := range entries {
		decisions[i], _ = event.ParseOrderDecided(e.Fields) // Valid has let it through
		events[i], orders[i] = inbox.Event{ID: decisions[i].ID, Replays: decisions[i].Replays}, decisions[i].OrderID
	}
	fresh, found := map[string]bool{}, map[int64]*Order{}
	var c changes
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askFresh(b, events, fresh)
		askStanding(b, orders, found)
	}, func(b *pgx.Batch) error {
		var believed []refused
		for i, d := range decisions {
			if !fresh[d.ID] {
				continue
			}
			delete(fresh, d.ID) // the batch may hold it twice
			o := found[d.OrderID]
			v := o.Answered(d)
			if tell(ctx, o, d, v); string(v.To) == d.Status {
				for _, c := range d.Changes {
					believed = append(believed, refused{c, d.OrderID, told(d.OccurredAt, entries[i])})
				}
			}
			c.add(o, v, d.Envelope)
		}
		s.queue(b, c)
		healCatalog(b, believed)
		return nil
	})
	if err == nil {
		s.publisher.Hurry(ctx, c.recalls...)
	}
	return err
}

// tell logs an answer that is not what an order waits for.
func tell(ctx context.Context, o *Order, d event.OrderDecided, v Verdict) {
	expected := d.Status == event.Released && v == Verdict{}
	if string(v.To) != d.Status && !expected {
		slog.WarnContext(telemetry.WithCorrelation(ctx, d.CorrelationID), "answer is not what the order waits for",
			"order_id", o.ID, "stands", string(o.Status), "answer", d.Status, "event_id", d.ID, "audit", v.Audit)
	}
}

// catalogued keeps the catalogue: of each product what was true last.
func (s *Service) catalogued(ctx context.Context, entries []stream.Entry) (err error) {
	defer fault.Wrap(&err, "orders.catalogued(%d entries)", len(entries))
	newest := map[int64]listed{}
	events := make([]inbox.Event, len(entries))
	for i, e := range entries {
		p, _ := event.ParseProductChanged(e.Fields) // Valid has let it through
		events[i] = inbox.Event{ID: p.ID, Replays: p.Replays}
		if l, known := (listed{p, told(p.OccurredAt, e)}), newest[p.ProductID]; known.ProductID == 0 || l.newer(known) {
			newest[p.ProductID] = l
		}
	}
	var b pgx.Batch // one implicit transaction
	inbox.Queue(&b, schema, events)
	upsertCatalog(&b, newest)
	return s.db.SendBatch(ctx, &b).Close() //nolint:wrapcheck // Wrap says what it was doing
}
