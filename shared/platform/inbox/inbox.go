// Package inbox remembers, in a domain's own schema, which events it has applied, and which it has buried as
// dead letters. The row is written in the transaction of the effect, so an event that comes again changes nothing.
package inbox

import (
	"cmp"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Event is an event on its way in. Replays is how often it was sent again from the dead letters: with a higher count
// than it was buried with, an event may be applied after all.
type Event struct {
	ID      string
	Replays int
}

// Queue adds to a batch the insertion of events into the schema's inbox. Its result are the ids of those that are to
// be applied. Ids are taken in order, so that two consumers never wait for each other in a circle. Of events that
// were replayed, the dead letters are ended.
func Queue(b *pgx.Batch, schema string, events []Event) *pgx.QueuedQuery {
	ids, replays, replayed := distinct(events)
	taken := b.Queue(`INSERT INTO `+schema+`.inbox AS i (event_id) SELECT e.id FROM unnest($1::uuid[]) e (id)
		ON CONFLICT (event_id) DO UPDATE SET buried = NULL, seen_at = now()
			WHERE i.buried < (SELECT e.replays FROM unnest($1::uuid[], $2::int[]) e (id, replays) WHERE e.id = i.event_id)
		RETURNING i.event_id::text`, ids, replays)
	if len(replayed) > 0 {
		b.Queue(`SELECT ops.resolve(ARRAY(SELECT i.event_id FROM `+schema+`.inbox i
			WHERE i.event_id = ANY($1::uuid[]) AND i.buried IS NULL))`, replayed)
	}
	return taken
}

// distinct sorts the events, names each once, with its highest count, and those that were replayed once more.
func distinct(events []Event) (ids []string, replays []int, replayed []string) {
	sorted := slices.SortedFunc(slices.Values(events), func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(b.Replays, a.Replays))
	})
	for _, e := range slices.CompactFunc(sorted, func(a, b Event) bool { return a.ID == b.ID }) {
		ids, replays = append(ids, e.ID), append(replays, e.Replays)
		if e.Replays > 0 {
			replayed = append(replayed, e.ID)
		}
	}
	return ids, replays, replayed
}
