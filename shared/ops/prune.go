package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/config"
)

// Pruned counts what was kept for long enough.
type Pruned struct {
	Letters int64 `json:"letters"` // that ended
	Deeds   int64 `json:"deeds"`   // of the audit
}

// pruneAtOnce is how many rows of a table one look deletes at most: a transaction of some milliseconds, and 16 a
// second, more than letters are made but in a flood, whose end may wait.
const pruneAtOnce = 1000

// ended is for how long a letter is kept that ended: for longer than the mark that its reader's inbox has of it, whose
// time begins no later. A mark of burial without its letter would settle an event that was never applied, and nobody
// would know why. A letter without its mark does nothing but tell; and a copy that fails so late joins it, where it would
// otherwise come back to life as a letter of its own.
func ended(c config.Config) time.Duration { return max(c.LettersKeep, c.InboxKeep) }

// prune forgets some of the letters that ended and of the audit, the ones that were kept for long enough. What waits
// is kept for ever.
func (k *Keeper) prune(ctx context.Context, done *Pruned) error {
	letters, failed := deleteEnded(ctx, k.db, k.keepEnded)
	deeds, failedToo := deleteDeeds(ctx, k.db, k.keepDeed)
	if *done = (Pruned{letters, deeds}); *done != (Pruned{}) {
		slog.InfoContext(ctx, "old dead letters and audit pruned", "pruned", *done)
	}
	if err := errors.Join(failed, failedToo); err != nil {
		return fmt.Errorf("pruning: %w", err)
	}
	return nil
}

// deleteEnded deletes letters that are over and were last heard of before keep. It waits for nobody.
func deleteEnded(ctx context.Context, db *pgxpool.Pool, keep time.Duration) (int64, error) {
	tag, err := db.Exec(ctx, `WITH old AS (SELECT d.event_id, d.reader FROM ops.dead_letters d
			WHERE d.state IN ('resolved', 'discarded') AND d.last_seen < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED)
		DELETE FROM ops.dead_letters d USING old o WHERE d.event_id = o.event_id AND d.reader = o.reader`, keep, pruneAtOnce)
	return tag.RowsAffected(), err //nolint:wrapcheck // prune says what it was doing
}

func deleteDeeds(ctx context.Context, db *pgxpool.Pool, keep time.Duration) (int64, error) {
	tag, err := db.Exec(ctx, `DELETE FROM ops.audit a WHERE a.id IN (
			SELECT o.id FROM ops.audit o WHERE o.at < now() - $1::interval LIMIT $2)`, keep, pruneAtOnce)
	return tag.RowsAffected(), err //nolint:wrapcheck // prune says what it was doing
}
