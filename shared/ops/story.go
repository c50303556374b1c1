package ops

import (
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/api"
	"mercato/shared/platform/fault"
)

// Story is all that is known of an order.
type Story struct {
	Orders, Products api.Raw  // what each domain tells of it; nil when it has never heard of it
	Letters          []Letter // the newest 100, the oldest of them first, big envelopes cut
	Deeds            []Deed   // on the order and on its letters, alike
}

// toldAtMost is how many letters and how many deeds a story has, as many as a page: somebody may forge thousands.
const toldAtMost = 100

// Tell asks every domain for an order's story, as of one moment. NotFound when nobody knows it.
func (s *Service) Tell(ctx context.Context, order int64) (story Story, err error) {
	defer fault.Wrap(&err, "ops.Tell(%d)", order)
	story, err = storyOf(ctx, s.db, order)
	if err == nil && story.Orders == nil && story.Products == nil && len(story.Letters) == 0 && len(story.Deeds) == 0 {
		err = fault.New(fault.NotFound, "", "Nobody knows this order.")
	}
	return story, err
}

func storyOf(ctx context.Context, db *pgxpool.Pool, order int64) (s Story, err error) {
	var b pgx.Batch
	b.Queue(`BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ`)
	b.Queue(`SELECT orders.story($1), products.story($1)`, order).QueryRow(func(row pgx.Row) error {
		return row.Scan(&s.Orders, &s.Products) //nolint:wrapcheck // Tell says what it was doing
	})
	b.Queue(letterQuery+`WHERE d.order_id = $1 ORDER BY d.first_seen DESC, d.event_id DESC, d.reader DESC LIMIT $2`, order, toldAtMost).
		Query(collect(&s.Letters))
	b.Queue(deedQuery+`WHERE a.target = $1 OR a.target IN (SELECT d.event_id::text FROM ops.dead_letters d WHERE d.order_id = $2)
		ORDER BY a.id DESC LIMIT $3`, "order:"+strconv.FormatInt(order, 10), order, toldAtMost).Query(func(rows pgx.Rows) (err error) {
		s.Deeds, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Deed])
		return err //nolint:wrapcheck // Tell says what it was doing
	})
	b.Queue(`COMMIT`)
	err = db.SendBatch(ctx, &b).Close()
	slices.Reverse(s.Letters)
	slices.Reverse(s.Deeds)
	return s, err //nolint:wrapcheck // Tell says what it was doing
}
