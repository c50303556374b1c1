// Package inbox remembers, in a domain's own schema, which events it has applied. The row is written in
// the transaction of the effect, so an event that comes again changes nothing.
package inbox

import (
	"slices"

	"github.com/jackc/pgx/v5"
)

// Queue adds to a batch the insertion of event ids into the schema's inbox. Its result are the ids that
// were not there. Ids are taken in order, so that two consumers never wait for each other in a circle.
func Queue(b *pgx.Batch, schema string, eventIDs []string) *pgx.QueuedQuery {
	sorted := slices.Sorted(slices.Values(eventIDs))
	return b.Queue(`INSERT INTO `+schema+`.inbox (event_id) SELECT e FROM unnest($1::uuid[]) e
		ON CONFLICT DO NOTHING RETURNING event_id::text`, sorted)
}
