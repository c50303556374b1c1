package ops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

// behind asks every schema that writes events for its stats(), and counts the dead letters that wait, in one
// round trip.
func behind(ctx context.Context, db *pgxpool.Pool) (outboxes []Outbox, letters int64, err error) {
	var questions []string
	for _, schema := range writers() {
		questions = append(questions, `SELECT '`+schema+`', s.outbox_rows, s.outbox_age_seconds FROM `+schema+`.stats() s`)
	}
	var b pgx.Batch
	b.Queue(strings.Join(questions, ` UNION ALL `) + ` ORDER BY 1`).Query(func(rows pgx.Rows) (err error) {
		outboxes, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Outbox])
		return err
	})
	b.Queue(`SELECT count(*) FROM ops.dead_letters d WHERE d.state IN ('dead', 'parked')`).QueryRow(func(row pgx.Row) error {
		return row.Scan(&letters)
	})
	if err := db.SendBatch(ctx, &b).Close(); err != nil {
		return nil, 0, fmt.Errorf("asking for outboxes and dead letters: %w", err)
	}
	return outboxes, letters, nil
}

func writers() []string {
	var schemas []string
	for _, s := range event.Streams() {
		schemas = append(schemas, s.Writer)
	}
	slices.Sort(schemas)
	return slices.Compact(schemas)
}

// groups asks about every stream in one round trip. The PING says whether Redis answers; a stream that
// nobody has written to yet is an error of its own question, and means that there is no group.
func groups(ctx context.Context, r *redis.Client) ([]Group, error) {
	pipe := r.Pipeline()
	ping := pipe.Ping(ctx)
	answers := map[string]*redis.XInfoGroupsCmd{}
	for _, s := range event.Streams() {
		answers[s.Name] = pipe.XInfoGroups(ctx, s.Name)
	}
	_, _ = pipe.Exec(ctx) // it repeats the first error of any
	if err := ping.Err(); err != nil {
		return nil, fmt.Errorf("asking Redis: %w", err)
	}
	var list []Group
	for _, s := range event.Streams() {
		for _, g := range answers[s.Name].Val() {
			list = append(list, Group{s.Name, g.Name, g.Lag, g.Pending})
		}
	}
	return list, nil
}
