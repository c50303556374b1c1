package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// QueueNow adds to a batch the question what time it is, by the clock that all domains have in common: that of the rows,
// when the transaction began.
func QueueNow(b *pgx.Batch, now *time.Time) {
	b.Queue(`SELECT now()`).QueryRow(func(row pgx.Row) error { return row.Scan(now) })
}

// QueueClock is QueueNow for the moment after what was queued before: what was locked by then stays as it is read, and
// whoever changes it next has a later moment.
func QueueClock(b *pgx.Batch, now *time.Time) {
	b.Queue(`SELECT clock_timestamp()`).QueryRow(func(row pgx.Row) error { return row.Scan(now) })
}

// Exchange runs one READ COMMITTED transaction in two round trips, whatever its size: BEGIN travels with
// what ask queues, COMMIT with what answer queues once the results of ask are in. When answer fails, all
// is rolled back. As with InTx, an error of the second trip may mean that the outcome is unknown.
func Exchange(ctx context.Context, db *pgxpool.Pool, ask func(*pgx.Batch), answer func(*pgx.Batch) error) error {
	conn, err := db.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("acquire: %w", err)
	}
	defer conn.Release() // a connection that is still in a transaction is closed: that rolls it back
	var first, second pgx.Batch
	first.Queue(`BEGIN`)
	ask(&first)
	err = conn.SendBatch(ctx, &first).Close()
	if err == nil {
		err = answer(&second)
	}
	if err == nil {
		second.Queue(`COMMIT`)
		err = conn.SendBatch(ctx, &second).Close()
	}
	if err != nil && !Transient(err) { // the connection is whole: keep it
		_, _ = conn.Exec(ctx, `ROLLBACK`)
	}
	return err
}
