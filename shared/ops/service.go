package ops

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
)

const schema = "ops"

// Service looks at Postgres and Redis.
type Service struct {
	db    *pgxpool.Pool
	redis *redis.Client
}

func alone(*platform.Env) *Service { return &Service{} }

func keep(e *platform.Env) *Service { return &Service{db: e.Postgres(schema)} }

func watch(e *platform.Env) *Service { return &Service{db: e.Postgres(schema), redis: e.Redis()} }

// State is how far the shop's events are behind.
type State struct {
	Outboxes    []Outbox
	Groups      []Group
	DeadLetters int64 // that wait, for the schedule or for a person
}

// Outbox is how much of a schema's outbox has not arrived.
type Outbox struct {
	Schema     string
	Rows       int64
	AgeSeconds float64 // of the oldest
}

// Group is how far a consumer group is behind in its stream.
type Group struct {
	Stream, Name string
	Lag          int64 // entries unread; -1 when Redis cannot tell
	Pending      int64 // entries read and not finished
}

// patience is how long Look waits: whoever asks wants an answer within two seconds.
const patience = 1500 * time.Millisecond

// Look asks Postgres and Redis side by side. Unavailable when one of them does not answer in time; what
// the other said is in the fault.
func (s *Service) Look(ctx context.Context) (state State, err error) {
	defer fault.Wrap(&err, "ops.Look")
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var postgresErr, redisErr error
	var questions sync.WaitGroup
	questions.Go(func() { state.Outboxes, state.DeadLetters, postgresErr = behind(ctx, s.db) })
	questions.Go(func() { state.Groups, redisErr = groups(ctx, s.redis) })
	questions.Wait()
	if postgresErr != nil && !postgres.Transient(postgresErr) { // it answers, but not this: a migration is missing
		slog.ErrorContext(ctx, "how far the outboxes are behind is unknown", "error", postgresErr.Error())
		postgresErr = nil
	}
	if postgresErr == nil && redisErr == nil {
		return state, nil
	}
	return state, &fault.Error{
		Kind: fault.Unavailable, Code: "unavailable", Message: silent(postgresErr, redisErr), Err: errors.Join(postgresErr, redisErr),
		Extra: map[string]any{
			"postgres": postgresErr == nil, "redis": redisErr == nil, "outbox": state.outboxes(), "groups": state.groups(),
			"dead_letters": state.DeadLetters,
		},
	}
}

func silent(postgresErr, redisErr error) string {
	switch {
	case redisErr == nil:
		return "Postgres does not answer."
	case postgresErr == nil:
		return "Redis does not answer."
	default:
		return "Neither Postgres nor Redis answers."
	}
}
