package orders

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/stream"
)

// changes collects, in one transaction, what verdicts ask for: moves with their lines in the timelines, events that
// take orders back, and audit rows.
type changes struct {
	moves   []move
	recalls []stream.Message
	audits  []audit
}

// move is one step of an order along the transition table.
type move struct {
	order       int64
	from, to    Status
	reason      string
	correlation string
}

// audit is a row for whoever looks after the shop.
type audit struct{ action, target, reason string }

// add takes a verdict up, and moves the order in memory: the next verdict over it sees that. The cause is the event
// or the request that led to it.
func (c *changes) add(o *Order, v Verdict, cause event.Envelope) {
	if v.Audit != "" {
		c.audits = append(c.audits, audit{v.Audit, fmt.Sprintf("order:%d", o.ID), fmt.Sprintf("event %s; the order stood at %q", cause.ID, o.Status)})
	}
	if v.Recall {
		c.recalls = append(c.recalls, recall(o, cause))
	}
	if v.To != "" {
		c.moves = append(c.moves, move{o.ID, o.Status, v.To, v.Reason, cause.CorrelationID})
		o.Status, o.Reason = v.To, v.Reason
	}
}

func recall(o *Order, cause event.Envelope) stream.Message {
	e := event.OrderCancelled{
		Envelope: event.Envelope{
			UserID: o.UserID, OccurredAt: time.Now(),
			CorrelationID: cause.CorrelationID, Traceparent: cause.Traceparent,
		},
		OrderID: o.ID,
	}
	return stream.NewMessage(event.CancellationsStream, e.Fields())
}

// queue writes it all.
func (s *Service) queue(b *pgx.Batch, c changes) {
	updateOrders(b, c.moves)
	insertAudits(b, c.audits)
	s.outbox.Queue(b, c.recalls...)
}
