package products

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/telemetry"
)

// Impossible names the orders of a batch, by their places in it, that nobody can have placed, and why.
type Impossible map[int]error

// Error implements error.
func (i Impossible) Error() string {
	return fmt.Sprintf("%d orders that nobody can have placed", len(i))
}

// Reserve decides orders in their order, takes the stock of those that can be served, and answers each:
// one transaction of two round trips, whatever their number. An order that was decided or cancelled before changes
// nothing and is not answered again; its answer is as certain as its decision. Nothing is decided when the error is
// Impossible.
func (s *Service) Reserve(ctx context.Context, orders []event.OrderPlaced) (err error) {
	defer fault.Wrap(&err, "products.Reserve(%d orders)", len(orders))
	claims := make([]claim, len(orders))
	for i, o := range orders {
		claims[i] = claimOf(o.OrderID, o.Envelope)
	}
	granted, stock := map[int64]string{}, map[int64]Stock{}
	var decisions []Decision
	var answers []stream.Message
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askClaim(b, claims, granted)
		askStock(b, orders, stock)
	}, func(b *pgx.Batch) error {
		fresh, err := toDecide(orders, granted, stock)
		if err != nil {
			return err
		}
		decisions = Decide(fresh, stock)
		answers = answersTo(decisions)
		moveStock(b, "reserve", sales(decisions))
		confirm(b, claims, granted)
		s.outbox.Queue(b, answers...)
		return nil
	})
	if err != nil {
		return err
	}
	s.publisher.Hurry(ctx, answers...)
	tell(ctx, decisions)
	return nil
}

// toDecide returns the orders whose claim was granted, each once. A product that is not there never was, for none is
// ever deleted: an order of it is Impossible.
func toDecide(orders []event.OrderPlaced, granted map[int64]string, stock map[int64]Stock) (fresh []event.OrderPlaced, err error) {
	impossible, seen := Impossible{}, make(map[int64]bool, len(orders))
	for i, o := range orders {
		if granted[o.OrderID] != o.ID || seen[o.OrderID] {
			continue
		}
		seen[o.OrderID] = true
		fresh = append(fresh, o)
		for _, l := range o.Lines {
			if _, known := stock[l.ProductID]; !known {
				impossible[i] = fault.New(fault.Invalid, "unknown_product", "There never was a product %d.", l.ProductID)
			}
		}
	}
	if len(impossible) > 0 {
		return nil, impossible
	}
	return fresh, nil
}

// sales is what the completed orders take.
func sales(decisions []Decision) (moves []move) {
	for _, d := range decisions {
		if !d.Completed() {
			continue
		}
		for _, l := range d.Order.Lines {
			moves = append(moves, move{d.Order.OrderID, l.ProductID, -l.Quantity})
		}
	}
	return moves
}

func answersTo(decisions []Decision) []stream.Message {
	answers := make([]stream.Message, len(decisions))
	for i, d := range decisions {
		e := event.OrderDecided{OrderID: d.Order.OrderID, Status: d.status(), Reason: d.Reason, Changes: d.Changes}
		if d.Completed() {
			e.Lines = event.Digest(d.Order.Lines)
		}
		answers[i] = answer(e, d.Order.Envelope)
	}
	return answers
}

// answer makes the message of an answer to an event.
func answer(e event.OrderDecided, to event.Envelope) stream.Message {
	e.InReplyTo = to.ID
	e.Envelope = event.Envelope{
		ID: uuid.Must(uuid.NewV7()).String(), CorrelationID: to.CorrelationID, Traceparent: to.Traceparent,
		UserID: to.UserID, OccurredAt: time.Now(),
	}
	return stream.Message{EventID: e.ID, Stream: event.InventoryStream, Fields: e.Fields()}
}

func (d Decision) status() string {
	if d.Completed() {
		return event.Completed
	}
	return event.Failed
}

// tell logs a line for the batch, and one for each order to whoever wants to see that many.
func tell(ctx context.Context, decisions []Decision) {
	if len(decisions) == 0 {
		return
	}
	completed, each := 0, slog.Default().Enabled(ctx, slog.LevelDebug)
	for _, d := range decisions {
		if d.Completed() {
			completed++
		}
		if each {
			slog.DebugContext(telemetry.WithCorrelation(ctx, d.Order.CorrelationID), "order decided",
				"order_id", d.Order.OrderID, "status", d.status(), "reason", d.Reason)
		}
	}
	slog.InfoContext(ctx, "orders decided", "orders", len(decisions), "completed", completed, "failed", len(decisions)-completed)
}
