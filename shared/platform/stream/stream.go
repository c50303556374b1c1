// Package stream carries messages between domains on Redis Streams: publishing, and consumer groups
// that read in batches inside a function whose time is limited.
//
// Redis is a doorbell here, not a ledger. It may lose, repeat and reorder entries; the outbox sends
// again what no inbox has, and the inbox makes a repetition harmless.
package stream

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform"
	"mercato/shared/platform/seal"
)

// Message is one event on its way out.
type Message struct {
	EventID string // UUID, the same however often it is sent
	Stream  string
	Fields  map[string]string
}

// NewMessage makes the message of an event, and gives it its id: one that no other event can have (package seal).
func NewMessage(stream string, fields map[string]string) Message {
	fields["event_id"] = seal.ID(stream, fields)
	return Message{fields["event_id"], stream, fields}
}

// Entry is one event as it was read.
type Entry struct {
	ID     string // Redis's own
	Stream string
	Fields map[string]string

	deliveries int64 // before this one; 0 for an entry that is new
}

// At is the end of the millisecond in which Redis took the entry, by its clock; that of 1970's first for an id that is
// none of Redis's.
func (e Entry) At() time.Time {
	text, _, _ := strings.Cut(e.ID, "-")
	ms, _ := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms).Add(time.Millisecond)
}

// Publisher appends messages to streams. Its zero value is of no use.
type Publisher struct {
	redis   *redis.Client
	timeout time.Duration
}

// NewPublisher opens Redis.
func NewPublisher(e *platform.Env) Publisher {
	return Publisher{redis: e.Redis(), timeout: e.Config().PublishTimeout}
}

// Hurry publishes what has just been committed, best effort and for a bounded time: what it cannot
// send, the relay will. It goes on when ctx is done, for the work it belongs to is.
func (p Publisher) Hurry(ctx context.Context, messages ...Message) {
	if len(messages) == 0 {
		return
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.timeout)
	defer cancel()
	if err := Append(bounded, p.redis, messages); err != nil {
		slog.WarnContext(ctx, "left to the relay", "messages", len(messages), "error", err.Error())
	}
}

// Append adds messages to their streams in one round trip. It fails when none could be added. When some
// streams refuse theirs, that is logged and no failure: what was added must not be added again for it.
func Append(ctx context.Context, r *redis.Client, messages []Message) error {
	pipe := r.Pipeline()
	for _, m := range messages {
		values := make([]string, 0, 2*len(m.Fields))
		for name, value := range m.Fields {
			values = append(values, name, value)
		}
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: m.Stream, Values: values})
	}
	results, err := pipe.Exec(ctx)
	refused := 0
	for _, result := range results {
		if result.Err() != nil {
			refused++
		}
	}
	if refused > 0 && refused < len(messages) {
		slog.ErrorContext(ctx, "a stream refuses its messages", "refused", refused, "of", len(messages), "error", err.Error())
		return nil
	}
	return err //nolint:wrapcheck // the caller says what was being sent
}
