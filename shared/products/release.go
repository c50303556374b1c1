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

// Release gives back what cancelled orders hold, once, whoever cancels how often: one transaction of two round
// trips, whatever their number. An order that was not decided yet is decided by this: it will take nothing.
func (s *Service) Release(ctx context.Context, cancelled []event.OrderCancelled) (err error) {
	defer fault.Wrap(&err, "products.Release(%d orders)", len(cancelled))
	claims := make([]claim, len(cancelled))
	for i, c := range cancelled {
		claims[i] = claimOf(c.OrderID, c.Envelope)
	}
	var now time.Time
	granted, back := map[int64]string{}, map[move]bool{}
	var answers []stream.Message
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askClaim(b, claims, granted) // waits for whoever is deciding: after it, the ledger is what there is to undo
		askHeld(b, claims, back)
		postgres.QueueClock(b, &now)
	}, func(b *pgx.Batch) error {
		moveStock(b, "release", slices.Collect(maps.Keys(back)))
		confirm(b, claims, granted)
		answers = released(cancelled, granted, back, now)
		s.outbox.Queue(b, answers...)
		return nil
	})
	if err != nil {
		return err
	}
	s.publisher.Hurry(ctx, answers...)
	tellReleased(ctx, cancelled, len(granted), len(back))
	return nil
}

// released answers each order that this has changed anything for, once: who never cancelled it hears of it so.
func released(cancelled []event.OrderCancelled, granted map[int64]string, back map[move]bool, now time.Time) []stream.Message {
	changed := map[int64]bool{}
	for m := range back {
		changed[m.order] = true
	}
	for order := range granted {
		changed[order] = true
	}
	var answers []stream.Message
	for _, c := range cancelled {
		if !changed[c.OrderID] {
			continue
		}
		delete(changed, c.OrderID)
		answers = append(answers, answer(event.OrderDecided{OrderID: c.OrderID, Status: event.Released}, c.Envelope, now))
	}
	return answers
}

func tellReleased(ctx context.Context, cancelled []event.OrderCancelled, early, lines int) {
	if slog.Default().Enabled(ctx, slog.LevelDebug) {
		for _, c := range cancelled {
			slog.DebugContext(telemetry.WithCorrelation(ctx, c.CorrelationID), "order cancelled", "order_id", c.OrderID)
		}
	}
	slog.InfoContext(ctx, "orders cancelled", "orders", len(cancelled), "before_they_came", early, "lines_returned", lines)
}
