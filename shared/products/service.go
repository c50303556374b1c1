package products

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/event"
	"mercato/shared/platform"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/outbox"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/session"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/telemetry"
)

// schema is this domain's.
const schema = "products"

// Service holds the use cases. Each is one transaction.
type Service struct {
	db        *pgxpool.Pool
	outbox    outbox.Outbox
	publisher stream.Publisher
}

func read(e *platform.Env) *Service { return &Service{db: e.Postgres(schema)} }

func write(e *platform.Env) *Service {
	s := read(e)
	s.outbox = outbox.Outbox{Schema: schema, Due: e.Config().OutboxDue}
	s.publisher = stream.NewPublisher(e)
	return s
}

var (
	errNoProduct = fault.New(fault.NotFound, "", "There is no such product.")
	errOutdated  = fault.New(fault.Precondition, "", "The product has changed since you read it.")
)

// Browse returns everyone's live products, newest first: at most limit, below an id.
func (s *Service) Browse(ctx context.Context, before int64, limit int) (list []Product, err error) {
	defer fault.Wrap(&err, "products.Browse(%d)", before)
	return page(ctx, s.db, before, limit, `true`)
}

// Own returns the caller's live products, newest first: at most limit, below an id.
func (s *Service) Own(ctx context.Context, before int64, limit int) (list []Product, err error) {
	caller := session.From(ctx)
	defer fault.Wrap(&err, "products.Own(%d)", caller.UserID)
	return page(ctx, s.db, before, limit, `p.user_id = $3`, caller.UserID)
}

// Others returns what the caller can buy, live products of others in stock, newest first: at most limit,
// below an id.
func (s *Service) Others(ctx context.Context, before int64, limit int) (list []Product, err error) {
	caller := session.From(ctx)
	defer fault.Wrap(&err, "products.Others(%d)", caller.UserID)
	return page(ctx, s.db, before, limit, `p.user_id <> $3 AND p.quantity > 0`, caller.UserID)
}

// Get returns a product: any live one, and an archived one to its seller. NotFound otherwise.
func (s *Service) Get(ctx context.Context, id int64) (p Product, err error) {
	defer fault.Wrap(&err, "products.Get(%d)", id)
	p, err = product(ctx, s.db, id)
	if err == nil && p.Archived() && p.UserID != session.From(ctx).UserID {
		return Product{}, errNoProduct
	}
	return p, err
}

// Offer puts a listing up for sale. Its faults are those of NewListing.
func (s *Service) Offer(ctx context.Context, l Listing) (p Product, err error) {
	caller := session.From(ctx)
	defer fault.Wrap(&err, "products.Offer(%d)", caller.UserID)
	if l, err = NewListing(l); err != nil {
		return Product{}, err
	}
	p = Product{UserID: caller.UserID, Seller: caller.Username, Listing: l}
	var now time.Time
	var news stream.Message
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askInserted(b, &p)
		postgres.QueueClock(b, &now)
	}, func(b *pgx.Batch) error {
		insertLedger(b, p.ID, "opening", p.Quantity)
		news = changed(ctx, p, now)
		s.outbox.Queue(b, news)
		return nil
	})
	if err != nil {
		return Product{}, err
	}
	s.publisher.Hurry(ctx, news)
	return p, nil
}

// Update changes a product of the caller's, or anyone's for a role that moderates. A quantity is the
// level from now on: what the ledger gets is its distance from the stock at this moment. A seller who names
// the version that he has seen puts back nothing that was sold since: a sale raises it. NotFound for a product that is gone or another's, Precondition when seen, if given, is not
// its version, Invalid for what NewListing refuses.
func (s *Service) Update(ctx context.Context, id int64, c Change, seen *int) (p Product, err error) {
	defer fault.Wrap(&err, "products.Update(%d)", id)
	return s.edit(ctx, id, func(p *Product) (err error) {
		if seen != nil && *seen != p.Version {
			return errOutdated
		}
		p.Listing, err = c.Apply(p.Listing)
		return err
	})
}

// Archive takes a product of the caller's, or anyone's for a role that moderates, off the market.
// NotFound for a product that is gone or another's.
func (s *Service) Archive(ctx context.Context, id int64) (p Product, err error) {
	defer fault.Wrap(&err, "products.Archive(%d)", id)
	return s.edit(ctx, id, func(p *Product) error {
		now := time.Now()
		p.ArchivedAt = &now
		return nil
	})
}

// edit locks a live product that the caller may edit, alters it, and writes it as the next version.
func (s *Service) edit(ctx context.Context, id int64, alter func(*Product) error) (p Product, err error) {
	caller := session.From(ctx)
	var now time.Time
	var news stream.Message
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askLocked(b, id, &p)
		postgres.QueueClock(b, &now)
	}, func(b *pgx.Batch) error {
		mine := p.UserID == caller.UserID || caller.Can(session.ProductsModerate)
		if p.ID == 0 || p.Archived() || !mine {
			return errNoProduct
		}
		stock := p.Quantity
		if err := alter(&p); err != nil {
			return err
		}
		p.Version++
		updateProduct(b, p)
		if delta := p.Quantity - stock; delta != 0 {
			insertLedger(b, p.ID, "adjust", delta)
		}
		news = changed(ctx, p, now)
		s.outbox.Queue(b, news)
		return nil
	})
	if err != nil {
		return Product{}, err
	}
	s.publisher.Hurry(ctx, news)
	return p, nil
}

// changed is the event of what a product is since now, a moment at which it was locked: the next one to lock it has a
// later moment, so what is told later is newer.
func changed(ctx context.Context, p Product, now time.Time) stream.Message {
	e := event.ProductChanged{
		Envelope: event.Envelope{
			CorrelationID: telemetry.Correlation(ctx), Traceparent: telemetry.Traceparent(ctx),
			UserID: session.From(ctx).UserID, OccurredAt: now,
		},
		ProductID: p.ID, Version: p.Version, Name: p.Name, Price: p.Price.String(),
		SellerID: p.UserID, Quantity: p.Quantity, Archived: p.Archived(),
	}
	return stream.NewMessage(event.ProductsStream, e.Fields())
}
