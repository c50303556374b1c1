package deadletter

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Bury makes dead letters of events, in one transaction with the inbox's mark, and sends their messages, best
// effort: when it returns nil the rows stand, and what was not sent still says so. A letter that was buried before
// is the same letter.
func (s *Store) Bury(ctx context.Context, letters []Letter) error {
	letters = distinct(letters)
	unsent, err := s.bury(ctx, letters)
	if err != nil || len(unsent) == 0 {
		return err
	}
	sent := s.send(ctx, slices.DeleteFunc(letters, func(l Letter) bool { return !unsent[l.EventID] }))
	if len(sent) == 0 {
		return nil
	}
	if _, err := s.db.Exec(ctx, `SELECT ops.queued($1::uuid[])`, sent); err != nil {
		slog.WarnContext(ctx, "messages of dead letters will be sent once more", "messages", len(sent), "error", err.Error())
	}
	return nil
}

// distinct sorts letters by event and keeps one of each: the one that was replayed most often.
func distinct(letters []Letter) []Letter {
	sorted := slices.SortedStableFunc(slices.Values(letters), func(a, b Letter) int {
		return cmp.Or(cmp.Compare(a.EventID, b.EventID), cmp.Compare(b.Replays, a.Replays))
	})
	return slices.CompactFunc(sorted, func(a, b Letter) bool { return a.EventID == b.EventID })
}

// bury returns the events whose message has still to be sent. The inbox's row of an event that was applied stays as
// it is: its letter is another entry under the same id, and a replay of it will change nothing.
func (s *Store) bury(ctx context.Context, letters []Letter) (unsent map[string]bool, err error) {
	c := columnsOf(letters)
	var b pgx.Batch // one implicit transaction
	b.Queue(`INSERT INTO `+s.schema+`.inbox AS i (event_id, buried)
		SELECT l.id, l.replays FROM unnest($1::uuid[], $2::int[]) l (id, replays)
		ON CONFLICT (event_id) DO UPDATE SET buried = excluded.buried, seen_at = now()
			WHERE i.buried < excluded.buried`, c.ids, c.replays)
	s.forget(&b, c.ids)
	unsent = map[string]bool{}
	b.Queue(`SELECT l.id::text, ops.bury(l.id, l.stream, nullif(l.order_id, 0), l.code, l.error, l.attempts, l.replays, l.envelope::json)
		FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[])
			l (id, stream, order_id, code, error, attempts, replays, envelope)`,
		c.ids, c.streams, c.orders, c.codes, c.errors, c.attempts, c.replays, c.envelopes).Query(func(rows pgx.Rows) error {
		var id string
		var open bool
		_, err := pgx.ForEachRow(rows, []any{&id, &open}, func() error { unsent[id] = open; return nil })
		return err //nolint:wrapcheck // the consumer says what it was doing
	})
	return unsent, s.db.SendBatch(ctx, &b).Close() //nolint:wrapcheck // the consumer says what it was doing
}

// columns are letters as the arrays of a statement.
type columns struct {
	ids, streams, codes, errors, envelopes []string
	orders                                 []int64
	attempts, replays                      []int
}

func columnsOf(letters []Letter) (c columns) {
	for _, l := range letters {
		envelope, _ := json.Marshal(l.Fields) // strings: it cannot fail
		c.ids, c.streams, c.codes = append(c.ids, l.EventID), append(c.streams, l.Stream), append(c.codes, l.Code)
		c.errors, c.envelopes = append(c.errors, l.Error), append(c.envelopes, string(envelope))
		c.orders, c.attempts, c.replays = append(c.orders, l.OrderID), append(c.attempts, l.Attempts), append(c.replays, l.Replays)
	}
	return c
}

const (
	// patience is how long the messages of one burial may take: an SQS that is away must not hold up the stream.
	patience = time.Second
	// together is how many messages are under way at once.
	together = 8
)

// send sends the messages of letters and returns the ids of those that SQS has.
func (s *Store) send(ctx context.Context, letters []Letter) (sent []string) {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	errs := make([]error, len(letters))
	var all sync.WaitGroup
	for worker := range min(together, len(letters)) {
		all.Go(func() {
			for i := worker; i < len(letters); i += together {
				if errs[i] = bounded.Err(); errs[i] == nil {
					errs[i] = s.queue.Send(bounded, letters[i].Marshal())
				}
			}
		})
	}
	all.Wait()
	var failed error
	for i, err := range errs {
		if err == nil {
			sent = append(sent, letters[i].EventID)
		}
		failed = cmp.Or(failed, err)
	}
	if failed != nil {
		slog.WarnContext(ctx, "messages of dead letters are left to the replay", "messages", len(letters)-len(sent), "error", failed.Error())
	}
	return sent
}
