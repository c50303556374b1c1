package orders

import (
	"context"
	"crypto/sha256"
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
const schema = "orders"

// Service holds the use cases. Each is one transaction.
type Service struct {
	db        *pgxpool.Pool
	outbox    outbox.Outbox
	publisher stream.Publisher
	patience  time.Duration // after which an order without an answer expires
	window    time.Duration // after its completion in which an order may be cancelled
	keysKept  time.Duration // idempotency keys
}

func read(e *platform.Env) *Service { return &Service{db: e.Postgres(schema)} }

func write(e *platform.Env) *Service {
	s := read(e)
	s.outbox = outbox.Outbox{Schema: schema, Due: e.Config().OutboxDue}
	s.patience, s.window, s.keysKept = e.Config().OrderTTL, e.Config().CancelWindow, e.Config().IdempotencyKeep
	s.publisher = stream.NewPublisher(e)
	return s
}

// Placement is what a buyer asks for. Key and Body, the request as it was sent, make it idempotent; an
// empty Key does not.
type Placement struct {
	Wishes []Wish
	Key    string
	Body   []byte
}

// Place places an order at the catalogue's prices; replayed says that Key has placed it before. Its
// faults are those of CheckWishes and Price; Conflict (in_flight) while another request with the key is
// at work, Invalid when the key was used for another body. A refused order leaves nothing behind.
func (s *Service) Place(ctx context.Context, p Placement) (o Order, replayed bool, err error) {
	caller := session.From(ctx)
	defer fault.Wrap(&err, "orders.Place(%d)", caller.UserID)
	o = Order{UserID: caller.UserID, Username: caller.Username, Status: Pending, ItemCount: len(p.Wishes)}
	hash := sha256.Sum256(p.Body)
	var claimed bool
	var catalog map[int64]Listing
	var placed stream.Message
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askClaim(b, &o, p.Key, hash[:], &claimed)
		askCatalog(b, p.Wishes, &catalog)
	}, func(b *pgx.Batch) error {
		if replayed = !claimed; replayed {
			return errReplayed
		}
		items, total, err := Price(o.UserID, p.Wishes, catalog)
		if err != nil {
			return err
		}
		o.TotalPrice, o.Deadline = total, o.CreatedAt.Add(s.patience)
		placed = placedMessage(ctx, &o, items)
		insertOrder(b, o, items, telemetry.Correlation(ctx))
		s.outbox.Queue(b, placed)
		return nil
	})
	if replayed {
		o, err = s.replay(ctx, o.UserID, p.Key, hash[:])
		return o, true, err
	}
	if err != nil {
		return Order{}, false, inFlight(err)
	}
	s.publisher.Hurry(ctx, placed)
	return o, false, nil
}

func placedMessage(ctx context.Context, o *Order, items []Item) stream.Message {
	e := event.OrderPlaced{
		Envelope: event.Envelope{
			UserID: o.UserID, OccurredAt: time.Now(),
			CorrelationID: telemetry.Correlation(ctx), Traceparent: telemetry.Traceparent(ctx),
		},
		OrderID: o.ID,
	}
	for _, i := range items {
		e.Lines = append(e.Lines, event.OrderLine{ProductID: i.ProductID, Price: i.Price.String(), Quantity: i.Quantity})
	}
	o.Lines = event.Digest(e.Lines)
	return stream.NewMessage(event.OrdersStream, e.Fields())
}

// replay answers a key that has placed its order. Invalid when the body is another.
func (s *Service) replay(ctx context.Context, buyer int64, key string, hash []byte) (Order, error) {
	o, same, err := orderByKey(ctx, s.db, buyer, key, hash)
	if err == nil && !same {
		err = fault.At("header.Idempotency-Key", "was used for another order")
	}
	return o, err
}

// Details are an order with its lines and its timeline.
type Details struct {
	Order    Order
	Items    []Item
	Timeline []Moment
}

// Get returns an order: the caller's own, or anyone's for a role that may read any. NotFound otherwise.
func (s *Service) Get(ctx context.Context, id int64) (d Details, err error) {
	defer fault.Wrap(&err, "orders.Get(%d)", id)
	caller := session.From(ctx)
	d, err = details(ctx, s.db, id)
	if err == nil && d.Order.UserID != caller.UserID && !caller.Can(session.OrdersReadAny) {
		return Details{}, errNoOrder
	}
	return d, err
}

// List returns the caller's own orders, newest first: at most limit, below an id, of a status if one is
// given.
func (s *Service) List(ctx context.Context, status Status, before int64, limit int) (list []Order, err error) {
	caller := session.From(ctx)
	defer fault.Wrap(&err, "orders.List(%d)", caller.UserID)
	return ordersOf(ctx, s.db, caller.UserID, status, before, limit)
}

var errNoOrder = fault.New(fault.NotFound, "", "There is no such order.")
