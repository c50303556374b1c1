package orders

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/inbox"
)

// askFresh queues the taking of events and collects those that were not seen before.
func askFresh(b *pgx.Batch, events []inbox.Event, fresh map[string]bool) {
	inbox.Queue(b, schema, events).Query(func(rows pgx.Rows) error {
		var id string
		_, err := pgx.ForEachRow(rows, []any{&id}, func() error { fresh[id] = true; return nil })
		return err //nolint:wrapcheck // the use case says what it was doing
	})
}

// standing is what a verdict over an order needs, in the order of scan.
const standing = `o.id, o.user_id, o.status, o.reason, o.deadline, coalesce(o.settled_at, now()), coalesce(o.lines, '')`

func (o *Order) standing() []any {
	return []any{&o.ID, &o.UserID, &o.Status, &o.Reason, &o.Deadline, &o.SettledAt, &o.Lines}
}

// askStanding queues the locking of orders, in the order of their ids, and collects where they stand; an order that
// there is not has an id and no status.
func askStanding(b *pgx.Batch, orders []int64, found map[int64]*Order) {
	for _, id := range orders {
		found[id] = &Order{ID: id}
	}
	b.Queue(`SELECT `+standing+` FROM orders.orders o WHERE o.id = ANY($1) ORDER BY o.id FOR UPDATE`, orders).
		Query(func(rows pgx.Rows) error {
			var o Order
			_, err := pgx.ForEachRow(rows, o.standing(), func() error { *found[o.ID] = o; return nil })
			return err //nolint:wrapcheck // the use case says what it was doing
		})
}

// overdue is an order whose deadline has passed, and the correlation id of its placing.
type overdue struct {
	Order

	correlation string
}

// askOverdue queues the locking of pending orders whose deadline has passed, at most limit. What somebody else has in
// hand is left to him, so nobody waits; the oldest come first.
func askOverdue(b *pgx.Batch, limit int, found *[]overdue) {
	b.Queue(`SELECT `+standing+`, coalesce((SELECT e.correlation_id FROM orders.order_events e
			WHERE e.order_id = o.id ORDER BY e.id LIMIT 1), '')
		FROM orders.orders o WHERE o.status = 'PENDING' AND o.deadline <= now()
		ORDER BY o.deadline, o.id LIMIT $1 FOR UPDATE OF o SKIP LOCKED`, limit).Query(func(rows pgx.Rows) error {
		var o overdue
		_, err := pgx.ForEachRow(rows, append(o.standing(), &o.correlation), func() error {
			*found = append(*found, o)
			return nil
		})
		slices.SortFunc(*found, func(a, b overdue) int { return cmp.Compare(a.ID, b.ID) })
		return err //nolint:wrapcheck // the use case says what it was doing
	})
}

// updateOrders writes where orders end up, and every step in their timelines. An order moves only from where it
// stood, whatever happened since.
func updateOrders(b *pgx.Batch, moves []move) {
	if len(moves) == 0 {
		return
	}
	var ids, steps []int64
	var from, to, reasons, statuses, whys, correlations []string
	last := map[int64]int{}
	for _, m := range moves {
		steps, statuses = append(steps, m.order), append(statuses, string(m.to))
		whys, correlations = append(whys, m.reason), append(correlations, m.correlation)
		i, again := last[m.order]
		if !again {
			i, last[m.order] = len(ids), len(ids)
			ids, from, to, reasons = append(ids, m.order), append(from, string(m.from)), append(to, ""), append(reasons, "")
		}
		to[i], reasons[i] = string(m.to), m.reason
	}
	b.Queue(`WITH moved AS (
			UPDATE orders.orders o SET status = m.status, reason = m.reason, settled_at = coalesce(o.settled_at, now())
			FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) m (id, was, status, reason)
			WHERE o.id = m.id AND o.status = m.was RETURNING o.id)
		INSERT INTO orders.order_events (order_id, status, reason, correlation_id)
		SELECT s.id, s.status, s.reason, s.correlation_id
		FROM unnest($5::bigint[], $6::text[], $7::text[], $8::text[]) WITH ORDINALITY s (id, status, reason, correlation_id, n)
		JOIN moved m ON m.id = s.id ORDER BY s.n`, ids, from, to, reasons, steps, statuses, whys, correlations)
}

func insertAudits(b *pgx.Batch, audits []audit) {
	if len(audits) == 0 {
		return
	}
	actions, targets, reasons := make([]string, len(audits)), make([]string, len(audits)), make([]string, len(audits))
	for i, a := range audits {
		actions[i], targets[i], reasons[i] = a.action, a.target, a.reason
	}
	b.Queue(`SELECT ops.audit(a.action, a.target, a.reason)
		FROM unnest($1::text[], $2::text[], $3::text[]) a (action, target, reason)`, actions, targets, reasons)
}

// deleteKeys forgets idempotency keys of a certain age, at most limit, and says how many.
func deleteKeys(ctx context.Context, db *pgxpool.Pool, age time.Duration, limit int) (int, error) {
	tag, err := db.Exec(ctx, `DELETE FROM orders.idempotency i WHERE i.ctid = ANY (ARRAY(
		SELECT k.ctid FROM orders.idempotency k WHERE k.created_at < now() - $1::interval ORDER BY k.created_at LIMIT $2))`, age, limit)
	if err != nil {
		return 0, fmt.Errorf("deleting idempotency keys: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
