package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
)

// Route says whose inboxes confirm the events of a stream.
type Route struct {
	Stream, Writer string
	Readers        []string
}

// Relay looks after the outboxes of several schemas. It logs in as a role that sees outboxes and
// confirmed event ids and nothing else.
type Relay struct {
	db     *pgxpool.Pool
	redis  *redis.Client
	config config.Config
	routes []Route
	sweeps map[string]string // schema -> statement
	trims  time.Time         // when the streams were last trimmed
}

// sweepsEach bounds one look at an outbox: the others, and the streams' trimming, do not wait for a long backlog.
const sweepsEach = 100

// reserve is what stays of the function's time when the relay stops looking.
const reserve = 5 * time.Second

// OpenRelay opens the relay of the routes.
func OpenRelay(e *platform.Env, routes []Route) *Relay {
	r := &Relay{db: e.Postgres("relay"), redis: e.Redis(), config: e.Config(), routes: routes, sweeps: map[string]string{}}
	for _, route := range routes {
		r.sweeps[route.Writer] = sweep(route.Writer, routes)
	}
	return r
}

// Run looks every RELAY_TICK until its time is up. A failure of Redis or Postgres costs one look.
func (r *Relay) Run(ctx context.Context) error {
	until := time.Now().Add(r.config.ConsumeFor)
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-reserve).Before(until) {
		until = deadline.Add(-reserve)
	}
	bounded, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	tick := time.NewTicker(r.config.RelayTick)
	defer tick.Stop()
	for {
		if err := r.Look(bounded); err != nil && bounded.Err() == nil {
			slog.WarnContext(ctx, "looking again later", "error", err.Error())
		}
		if time.Since(r.trims) >= trimEvery {
			r.trims = time.Now()
			if err := r.Trim(bounded); err != nil && bounded.Err() == nil {
				slog.WarnContext(ctx, "trimming again later", "error", err.Error())
			}
		}
		select {
		case <-bounded.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look goes once through every outbox: what is confirmed goes, what is due is published again. Streams and
// groups that are stuck are put right before.
func (r *Relay) Look(ctx context.Context) error {
	if err := r.rearm(ctx); err != nil {
		return err
	}
	failures := []error{r.heal(ctx)}
	for schema := range r.sweeps {
		if err := r.sweepAll(ctx, schema); err != nil { // the next look tries again; the other outboxes do not wait for it
			failures = append(failures, fmt.Errorf("outbox of %s: %w", schema, err))
		}
	}
	return errors.Join(failures...)
}

func (r *Relay) sweepAll(ctx context.Context, schema string) error {
	for range sweepsEach {
		if more, err := r.sweep(ctx, schema); err != nil || !more {
			return err
		}
	}
	return nil
}

// rearm makes everything due at once when this Redis has never met a relay: it is new, or has lost its
// memory, and waiting for each event's own time would be waiting for nothing.
func (r *Relay) rearm(ctx context.Context) error {
	const mark = "relay:met"
	met, err := r.redis.Exists(ctx, mark).Result()
	if err != nil || met == 1 {
		return err //nolint:wrapcheck // Run logs it
	}
	for schema := range r.sweeps {
		if err := r.makeDue(ctx, schema, everyStream); err != nil {
			return fmt.Errorf("outbox of %s: %w", schema, err)
		}
	}
	slog.WarnContext(ctx, "Redis is new: every unconfirmed event is published again")
	return r.redis.Set(ctx, mark, 1, 0).Err() //nolint:wrapcheck // Run logs it
}

// everyStream is makeDue's word for all streams of an outbox.
const everyStream = ""

// makeDue makes the rows of a stream due, in batches that each stay far below the statement timeout. It goes through the
// ids once, so what is written meanwhile may be left out: that has just been published.
func (r *Relay) makeDue(ctx context.Context, schema, stream string) error {
	const rows = 5000
	for last, more := uuid.Nil, true; more; {
		err := r.db.QueryRow(ctx, `WITH next AS (SELECT o.event_id FROM `+schema+`.outbox o WHERE o.event_id > $1 ORDER BY o.event_id LIMIT $2),
			due AS (UPDATE `+schema+`.outbox o SET due_at = now(), attempts = 0
				FROM (SELECT w.event_id FROM `+schema+`.outbox w JOIN next n ON n.event_id = w.event_id
					WHERE (w.due_at > now() OR w.attempts > 0) AND ($3 = '' OR w.stream = $3) FOR UPDATE OF w SKIP LOCKED) w
				WHERE o.event_id = w.event_id)
			SELECT coalesce((SELECT n.event_id FROM next n ORDER BY n.event_id DESC LIMIT 1), $1), (SELECT count(*) = $2 FROM next)`,
			last, rows, stream).Scan(&last, &more)
		if err != nil {
			return err //nolint:wrapcheck // the caller says where
		}
	}
	return nil
}

// sweep handles one batch of due rows: in one transaction the confirmed are deleted, the rest are put
// off and published. It publishes before it commits, so that a failure of Redis puts nothing off.
func (r *Relay) sweep(ctx context.Context, schema string) (more bool, err error) {
	var again []stream.Message
	var looked int
	err = postgres.InTx(ctx, r.db, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, r.sweeps[schema], r.config.RelayBatch, r.config.OutboxDue, r.config.OutboxCap, 0.5+rand.Float64()) //nolint:gosec // no secret
		if err != nil {
			return err //nolint:wrapcheck // Look says where
		}
		var m stream.Message
		var settled bool
		_, err = pgx.ForEachRow(rows, []any{&m.EventID, &m.Stream, &m.Fields, &settled}, func() error {
			looked++
			if !settled {
				again = append(again, m)
			}
			m.Fields = nil
			return nil
		})
		if err != nil || len(again) == 0 {
			return err //nolint:wrapcheck // Look says where
		}
		return stream.Append(ctx, r.redis, again)
	})
	if len(again) > 0 && err == nil {
		slog.InfoContext(ctx, "published again", "schema", schema, "messages", len(again))
	}
	return looked == r.config.RelayBatch, err
}

// sweep writes the statement for a schema's outbox. Arguments: rows at most, first delay, longest delay,
// jitter from 0.5 to 1.5.
func sweep(schema string, routes []Route) string {
	var settled []string
	for _, route := range routes {
		if route.Writer != schema {
			continue
		}
		conditions := []string{`d.stream = '` + route.Stream + `'`}
		for _, reader := range route.Readers {
			conditions = append(conditions, `EXISTS (SELECT FROM `+reader+`.confirmed c WHERE c.event_id = d.event_id)`)
		}
		settled = append(settled, "("+strings.Join(conditions, " AND ")+")")
	}
	return `WITH due AS MATERIALIZED (
			SELECT o.event_id, o.stream, o.fields FROM ` + schema + `.outbox o
			WHERE o.due_at <= now() ORDER BY o.due_at LIMIT $1 FOR UPDATE SKIP LOCKED),
		looked AS MATERIALIZED (SELECT d.*, ` + strings.Join(settled, " OR ") + ` AS settled FROM due d),
		gone AS (
			DELETE FROM ` + schema + `.outbox o USING looked l WHERE o.event_id = l.event_id AND l.settled),
		put_off AS (
			UPDATE ` + schema + `.outbox o SET attempts = o.attempts + 1,
				due_at = now() + least($2::interval * 2 ^ least(o.attempts, 20), $3::interval) * $4::float8
			FROM looked l WHERE o.event_id = l.event_id AND NOT l.settled)
		SELECT l.event_id::text, l.stream, l.fields, l.settled FROM looked l`
}
