package orders

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/telemetry"
)

const (
	// expireMost bounds a turn of expiry, after which the consumer reads again: as many as a batch of answers.
	expireMost = 200
	// keysMost and keysTurns bound a turn of forgetting keys: statements of some 10 ms each.
	keysMost, keysTurns = 1000, 20
)

// expire ends orders that have had no answer before their deadline, and takes them back.
func (s *Service) expire(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "orders.expire()")
	var now time.Time
	var late []overdue
	var c changes
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		postgres.QueueNow(b, &now)
		askOverdue(b, expireMost, &late)
	}, func(b *pgx.Batch) error {
		for _, o := range late {
			c.add(&o.Order, o.Expire(now), event.Envelope{CorrelationID: o.correlation})
		}
		s.queue(b, c)
		return nil
	})
	if err != nil {
		return err
	}
	s.publisher.Hurry(ctx, c.recalls...)
	for _, m := range c.moves {
		slog.WarnContext(telemetry.WithCorrelation(ctx, m.correlation), "order expired", "order_id", m.order)
	}
	return nil
}

// forgetKeys deletes idempotency keys that are older than anybody may send them again.
func (s *Service) forgetKeys(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "orders.forgetKeys()")
	for range keysTurns {
		n, err := deleteKeys(ctx, s.db, s.keysKept, keysMost)
		if err != nil || n < keysMost {
			return err
		}
	}
	return nil
}
