package ops

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
)

// Discard gives letters up, for a reason, all or none, and answers those that it changed: one that was discarded
// before stays as it is. A copy that a replay has sent and nobody has applied by then never will be. NotFound when an id has no letter, Conflict when one is resolved.
func (s *Service) Discard(ctx context.Context, actor string, ids []uuid.UUID, reason string) (discarded []Letter, err error) {
	defer fault.Wrap(&err, "ops.Discard(%d ids)", len(ids))
	var letters []Letter
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askNamed(b, ids, &letters)
	}, func(b *pgx.Batch) error {
		if err := known(ids, letters); err != nil {
			return err
		}
		for _, l := range letters {
			if err := l.mayDiscard(); err != nil {
				return err
			}
			if l.State != Discarded {
				discarded = append(discarded, l.discarded())
			}
		}
		updateDiscarded(b, discarded)
		insertAudit(b, actor, "dlq.discard", discarded, func(Letter) string { return reason })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return discarded, nil
}
