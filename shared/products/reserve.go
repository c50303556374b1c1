package products

import (
	"context"
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

// Reserve decides orders in their order, takes the stock of those that can be served, and answers each:
// one transaction of two round trips, whatever their number. An order that was decided before changes
// nothing and is not answered again; its answer is as certain as its decision.
func (s *Service) Reserve(ctx context.Context, orders []event.OrderPlaced) (err error) {
	defer fault.Wrap(&err, "products.Reserve(%d orders)", len(orders))
	first, again := distinct(orders)
	claimed, stock := map[int64]bool{}, map[int64]Stock{}
	var decisions []Decision
	var answers []stream.Message
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askClaim(b, first, claimed)
		askStock(b, first, stock)
	}, func(b *pgx.Batch) error {
		fresh := make([]event.OrderPlaced, 0, len(first))
		for _, o := range first {
			if claimed[o.OrderID] {
				fresh = append(fresh, o)
			} else {
				again = append(again, o)
			}
		}
		decisions = Decide(fresh, stock)
		answers = answersTo(decisions)
		takeStock(b, decisions)
		insertInbox(b, again)
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

// distinct parts the orders from those that are there a second time.
func distinct(orders []event.OrderPlaced) (first, again []event.OrderPlaced) {
	seen := make(map[int64]bool, len(orders))
	for _, o := range orders {
		if seen[o.OrderID] {
			again = append(again, o)
			continue
		}
		seen[o.OrderID] = true
		first = append(first, o)
	}
	return first, again
}

func answersTo(decisions []Decision) []stream.Message {
	answers := make([]stream.Message, len(decisions))
	now := time.Now()
	for i, d := range decisions {
		e := event.OrderDecided{
			Envelope: event.Envelope{
				ID: uuid.Must(uuid.NewV7()).String(), CorrelationID: d.Order.CorrelationID,
				Traceparent: d.Order.Traceparent, UserID: d.Order.UserID, OccurredAt: now,
			},
			OrderID: d.Order.OrderID, InReplyTo: d.Order.ID, Status: d.status(), Reason: d.Reason, Changes: d.Changes,
		}
		answers[i] = stream.Message{EventID: e.ID, Stream: event.InventoryStream, Fields: e.Fields()}
	}
	return answers
}

func (d Decision) status() string {
	if d.Completed() {
		return event.Completed
	}
	return event.Failed
}

func tell(ctx context.Context, decisions []Decision) {
	for _, d := range decisions {
		slog.InfoContext(telemetry.WithCorrelation(ctx, d.Order.CorrelationID), "order decided",
			"order_id", d.Order.OrderID, "status", d.status(), "reason", d.Reason)
	}
}
