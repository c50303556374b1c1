package ops

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/fault"
)

// Deed is a row of the audit: what somebody did to the shop's events by hand, or what a domain saw that cannot be.
type Deed struct {
	ID                            int64
	At                            time.Time
	Actor, Action, Target, Reason string
}

// Audit answers deeds with ids below before, the latest first; of one target, unless it is empty.
func (s *Service) Audit(ctx context.Context, target string, before int64, limit int) (deeds []Deed, err error) {
	defer fault.Wrap(&err, "ops.Audit()")
	return deedsBefore(ctx, s.db, target, before, limit)
}

const deedQuery = `SELECT a.id, a.at, a.actor, a.action, a.target, a.reason FROM ops.audit a `

func deedsBefore(ctx context.Context, db *pgxpool.Pool, target string, before int64, limit int) ([]Deed, error) {
	rows, err := db.Query(ctx, deedQuery+`WHERE a.id < $1 AND ($2 = '' OR a.target = $2) ORDER BY a.id DESC LIMIT $3`, before, target, limit)
	if err != nil {
		return nil, err //nolint:wrapcheck // Audit says what it was doing
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Deed]) //nolint:wrapcheck // Audit says what it was doing
}

// insertAudit queues a row for each letter that somebody has acted on.
func insertAudit(b *pgx.Batch, actor, action string, letters []Letter, reason func(Letter) string) {
	ids, reasons := make([]string, len(letters)), make([]string, len(letters))
	for i, l := range letters {
		ids[i], reasons[i] = l.EventID.String(), reason(l)
	}
	b.Queue(`INSERT INTO ops.audit (actor, action, target, reason)
		SELECT $1, $2, r.target, r.reason FROM unnest($3::text[], $4::text[]) r (target, reason)`, actor, action, ids, reasons)
}
