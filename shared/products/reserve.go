package products

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/telemetry"
)

// Reserve decides orders in their order, takes the stock of those that can be served, and answers each:
// one transaction of two round trips, whatever their number. An order that was decided before changes nothing and is
// not answered again, for its answer is as certain as its decision; only one that another event has forestalled is told
// so. When the error is Impossible, all is done but for the orders that it names: what is decided of these is that they
// fail for now, which a reader who knows a product that there never was needs to hear.
func (s *Service) Reserve(ctx context.Context, orders []event.OrderPlaced) (err error) {
	defer fault.Wrap(&err, "products.Reserve(%d orders)", len(orders))
	var now time.Time
	granted, forestalled, stock := map[int64]string{}, map[int64]bool{}, map[int64]Stock{}
	var t trial
	var decisions []Decision
	var answers []stream.Message
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askClaim(b, claimsOf(orders), granted)
		askForestalled(b, claimsOf(orders), forestalled)
		askStock(b, orders, stock)
		postgres.QueueClock(b, &now)
	}, func(b *pgx.Batch) error {
		t = try(orders, granted, stock)
		deleteClaims(b, slices.Collect(maps.Keys(t.forfeited)))
		decisions = Decide(t.fresh, stock)
		answers = slices.Concat(answersTo(decisions, now), answersTo(Decide(t.hopeless(), stock), now), refusals(t.known, granted, forestalled, now))
		moveStock(b, "reserve", sales(decisions))
		confirm(b, claimsOf(append(t.fresh, t.known...)), granted)
		s.outbox.Queue(b, answers...)
		return nil
	})
	if err != nil {
		return err
	}
	s.publisher.Hurry(ctx, answers...)
	tell(ctx, decisions)
	return s.retry(ctx, t)
}

// retry decides the orders that an impossible one of the same id stood before, and names the impossible ones.
func (s *Service) retry(ctx context.Context, t trial) error {
	if len(t.passedOver) > 0 {
		if err := s.Reserve(ctx, t.passedOver); err != nil {
			return err
		}
	}
	if len(t.impossible) > 0 {
		return t.impossible
	}
	return nil
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
