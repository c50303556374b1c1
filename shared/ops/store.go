package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

// outboxes asks every schema that writes events for its stats().
func outboxes(ctx context.Context, db *pgxpool.Pool) ([]Outbox, error) {
	var questions []string
	for _, schema := range writers() {
		questions = append(questions, `SELECT '`+schema+`', s.outbox_rows, s.outbox_age_seconds FROM `+schema+`.stats() s`)
	}
	rows, err := db.Query(ctx, strings.Join(questions, ` UNION ALL `)+` ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("asking for the outboxes: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Outbox])
	if err != nil {
		return nil, fmt.Errorf("reading the outboxes: %w", err)
	}
	return list, nil
}

func writers() []string {
	var schemas []string
	for _, s := range event.Streams() {
		schemas = append(schemas, s.Writer)
	}
	slices.Sort(schemas)
	return slices.Compact(schemas)
}

// groups asks about every stream in one round trip. A stream that nobody has written to yet is an error
// of Redis's for that question alone; only the PING says whether Redis answers.
func groups(ctx context.Context, r *redis.Client) ([]Group, error) {
	pipe := r.Pipeline()
	ping := pipe.Ping(ctx)
	var streams []string
	var answers []*redis.XInfoGroupsCmd
	for _, s := range event.Streams() {
		streams = append(streams, s.Name)
		answers = append(answers, pipe.XInfoGroups(ctx, s.Name))
	}
	_, _ = pipe.Exec(ctx) // the first failure of many: each is looked at below
	if err := ping.Err(); err != nil {
		return nil, fmt.Errorf("asking Redis: %w", err)
	}
	var list []Group
	for i, answer := range answers {
		found, err := answer.Result()
		if _, said := errors.AsType[redis.Error](err); err != nil && !said {
			return nil, fmt.Errorf("asking Redis about %s: %w", streams[i], err)
		}
		for _, g := range found {
			list = append(list, Group{streams[i], g.Name, g.Lag, g.Pending})
		}
	}
	return list, nil
}
