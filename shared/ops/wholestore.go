package ops

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// wholeAtOnce is how many bytes of envelopes one question reads, and the envelope that passes it: a function of 256 MB
	// holds each some seven times, as row, JSON, fields and command. Two hundred orders of some lines are a fifth of it.
	wholeAtOnce = 1 << 20
	// longestCarried is the longest envelope that may fit into a message; the message of a longer one goes without.
	longestCarried = 256 << 10
)

// The orders of letters.
const (
	byID  = `d.event_id, d.reader`
	byAge = `d.first_seen, d.event_id, d.reader`
)

const (
	// whereNamed takes ids.
	whereNamed = `WHERE d.event_id = ANY($1)`
	// whereWaiting takes an error code or nothing, and how many at the most.
	whereWaiting = `WHERE d.state IN ('dead', 'parked') AND ($1 = '' OR d.error_code = $1) ORDER BY ` + byAge + ` LIMIT $2`
	// whereDue takes how many at the most.
	whereDue = `WHERE d.state IN ('dead', 'replaying') AND d.due_at <= now() ORDER BY ` + byAge + ` LIMIT $1`
	// whereUnsent takes how many at the most.
	whereUnsent = `WHERE d.queued_at IS NULL AND d.state IN ('dead', 'replaying', 'parked')
		AND d.first_seen < now() - interval '1 minute' ORDER BY ` + byAge + ` LIMIT $1`
)

// whole selects Letters with the envelopes that are no longer than longest, until these are wholeAtOnce bytes in an
// order; letters behind that are cut to nothing. Which says which letters, and how they are locked. The locked rows
// are what it answers, not what they were when it began: it reads no table twice.
func whole(which, order string, longest int) string {
	return fmt.Sprintf(`WITH l AS (SELECT %[1]s, CASE WHEN d.envelope_bytes <= %[4]d THEN d.envelope_bytes ELSE 0 END AS size,
			CASE WHEN d.envelope_bytes <= %[4]d THEN d.envelope END AS envelope
		FROM ops.dead_letters d %[2]s)
	SELECT %[1]s, CASE WHEN d.ahead < %[5]d THEN d.envelope END, d.ahead >= %[5]d
	FROM (SELECT %[1]s, d.envelope, sum(d.size) OVER (ORDER BY %[3]s) - d.size AS ahead FROM l d) d ORDER BY %[3]s`,
		standingColumns, which, order, longest, wholeAtOnce)
}

// askPicked queues the locking of the letters that somebody picked. Those that were named are waited for; of
// the others, those that somebody else is replaying are left to him.
func askPicked(b *pgx.Batch, p Pick, letters *[]Letter) {
	if p.IDs != nil {
		b.Queue(whole(whereNamed+` ORDER BY `+byID+` FOR UPDATE`, byID, math.MaxInt32), p.IDs).Query(collect(letters))
		return
	}
	b.Queue(whole(whereWaiting+` FOR UPDATE SKIP LOCKED`, byAge, math.MaxInt32), p.ErrorCode, p.Max).Query(collect(letters))
}

// askDue queues the locking of the letters that are due and that nobody else is replaying.
func askDue(b *pgx.Batch, limit int, letters *[]Letter) {
	b.Queue(whole(whereDue+` FOR UPDATE SKIP LOCKED`, byAge, math.MaxInt32), limit).Query(collect(letters))
}

// lettersPicked reads what askPicked would lock.
func lettersPicked(ctx context.Context, db *pgxpool.Pool, p Pick) ([]Letter, error) {
	if p.IDs != nil {
		return letters(ctx, db, whole(whereNamed, byID, math.MaxInt32), p.IDs)
	}
	return letters(ctx, db, whole(whereWaiting, byAge, math.MaxInt32), p.ErrorCode, p.Max)
}

// lettersUnsent reads letters whose messages should have been sent by now.
func lettersUnsent(ctx context.Context, db *pgxpool.Pool, limit int) ([]Letter, error) {
	return letters(ctx, db, whole(whereUnsent, byAge, longestCarried), limit)
}
