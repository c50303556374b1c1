package stream

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/telemetry"
)

// failure is an entry that was not applied, and the letter that it makes.
type failure struct {
	stream, entry string
	letter        deadletter.Letter
}

func (c *Consumer) failure(e Entry, code string, err error) failure {
	return failure{e.Stream, e.ID, deadletter.New(c.group, e.Stream, e.Fields, code, err)}
}

func (f failure) log(ctx context.Context, what string) {
	ctx = telemetry.WithCorrelation(ctx, f.letter.Fields["correlation_id"])
	slog.ErrorContext(ctx, what, "stream", f.stream, "entry", f.entry, "event_id", f.letter.EventID,
		"code", f.letter.Code, "error", f.letter.Error)
}

const (
	// gather is how long the condemned wait for others: a transaction and a message for each alone would let a
	// few bad entries slow down all the good ones. They stay pending meanwhile, so none is lost.
	gather = time.Second
	// crowd is how many are buried without waiting.
	crowd = 200
)

// condemn sets an entry aside to be buried, after so many failures.
func (c *Consumer) condemn(ctx context.Context, f failure, attempts int) {
	f.letter.Attempts = attempts
	f.log(ctx, "entry becomes a dead letter")
	if len(c.condemned) == 0 {
		c.since = time.Now()
	}
	c.condemned = append(c.condemned, f)
}

// buryGathered buries the condemned when they are many, or have waited for long.
func (c *Consumer) buryGathered(ctx context.Context) error {
	if len(c.condemned) < crowd && time.Since(c.since) < gather {
		return nil
	}
	return c.bury(ctx)
}

// bury makes dead letters of the condemned and acknowledges them. An outage is its only error: they wait on.
func (c *Consumer) bury(ctx context.Context) error {
	if len(c.condemned) == 0 {
		return nil
	}
	err := within(ctx, work, func(ctx context.Context) error { return c.buryAll(ctx, c.condemned) })
	if err == nil {
		c.condemned = nil
	}
	return err
}

// buryAll halves the condemned when their burial fails, so that one that cannot be buried costs nobody else. It stays
// pending, and is condemned again when it is taken up.
func (c *Consumer) buryAll(ctx context.Context, condemned []failure) error {
	letters := make([]deadletter.Letter, len(condemned))
	for i, f := range condemned {
		letters[i] = f.letter
	}
	err := c.letters.Bury(ctx, letters)
	switch {
	case err == nil:
		return c.acknowledgeBuried(ctx, condemned)
	case outage(ctx, err):
		return err //nolint:wrapcheck // Run logs it with the group
	case len(condemned) == 1:
		condemned[0].letter.Error = err.Error()
		condemned[0].log(ctx, "entry cannot be buried")
		return nil
	}
	half := len(condemned) / 2
	if err := c.buryAll(ctx, condemned[:half]); err != nil {
		return err
	}
	return c.buryAll(ctx, condemned[half:])
}

func (c *Consumer) acknowledgeBuried(ctx context.Context, condemned []failure) error {
	entries := map[string][]string{}
	for _, f := range condemned {
		entries[f.stream] = append(entries[f.stream], f.entry)
	}
	_, err := c.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for stream, ids := range entries {
			p.XAck(ctx, stream, c.group, ids...)
		}
		return nil
	})
	return err //nolint:wrapcheck // Run logs it with the group
}
