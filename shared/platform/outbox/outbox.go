// Package outbox makes an event as certain as the change that it tells of: both are committed together,
// and Postgres, not Redis, decides when the event has arrived.
//
// A domain writes its events into <schema>.outbox in the transaction of the change, and publishes them
// at once, best effort. An event is done when the inbox of every reader of its stream holds its id; the
// relay then deletes the row. What is not done when it is due, the relay publishes again under the same
// id. Acknowledgements and positions in Redis are never believed: after a failover they may stand behind
// entries that nobody has seen.
package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mercato/shared/platform/stream"
)

// Outbox is a domain's.
type Outbox struct {
	Schema string
	Due    time.Duration // after which an event that nobody has confirmed is published again
}

// Queue adds to a batch the insertion of messages. One that is there already says the same, for ids are sealed.
func (o Outbox) Queue(b *pgx.Batch, messages ...stream.Message) {
	if len(messages) == 0 {
		return
	}
	ids, streams, fields := make([][16]byte, len(messages)), make([]string, len(messages)), make([]string, len(messages))
	for i, m := range messages {
		ids[i], streams[i], fields[i] = uuid.MustParse(m.EventID), m.Stream, object(m.Fields) // bytes: pgx would encode text twice
	}
	b.Queue(`INSERT INTO `+o.Schema+`.outbox (event_id, stream, fields, due_at)
		SELECT m.id, m.stream, m.fields::json, now() + $4::interval
		FROM unnest($1::uuid[], $2::text[], $3::text[]) m (id, stream, fields) ON CONFLICT DO NOTHING`, ids, streams, fields, o.Due)
}

// PublishTx writes messages in the transaction of the change that they tell of.
func (o Outbox) PublishTx(ctx context.Context, tx pgx.Tx, messages ...stream.Message) error {
	var b pgx.Batch
	o.Queue(&b, messages...)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("writing the outbox: %w", err)
	}
	return nil
}
