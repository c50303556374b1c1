package stream

import (
	"context"
	"log/slog"
	"strconv"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/seal"
)

// check returns the entries that somebody may have sent, and condemns the others. What an entry says of itself is
// not believed: neither an id that is another's nor replays that nobody has asked for. An outage is its only error.
func (c *Consumer) check(ctx context.Context, r reader, batch []Entry) (valid []Entry, err error) {
	refusals, claims := make([]error, len(batch)), map[string]int{}
	for i, e := range batch {
		unmask(ctx, e)
		n := deadletter.Replays(e.Fields)
		if e.Fields["replay_count"] != "" {
			e.Fields["replay_count"] = strconv.Itoa(n) // no seal covers it: what is no count must not spoil the event
		}
		if refusals[i] = r.valid(e); n > 0 {
			id := deadletter.ID(e.Stream, e.Fields)
			claims[id] = max(claims[id], n)
		}
	}
	counts, err := c.replays(ctx, claims)
	if err != nil {
		return nil, err
	}
	for i, e := range batch {
		if n := deadletter.Replays(e.Fields); n > 0 {
			e.Fields["replay_count"] = strconv.Itoa(min(n, counts[deadletter.ID(e.Stream, e.Fields)]))
		}
		if refusals[i] != nil {
			c.condemn(ctx, c.failure(e, deadletter.Malformed, refusals[i]), 1)
		} else {
			valid = append(valid, e)
		}
	}
	return valid, nil
}

// unmask gives an entry that bears the sealed id of another event its own.
func unmask(ctx context.Context, e Entry) {
	if !seal.Broken(e.Stream, e.Fields) {
		return
	}
	own := seal.ID(e.Stream, e.Fields)
	slog.ErrorContext(ctx, "entry bears the id of another event", "stream", e.Stream, "entry", e.ID, "event_id", e.Fields["event_id"], "own_id", own)
	e.Fields["event_id"] = own
}

// replays asks how often events were replayed that claim to have been.
func (c *Consumer) replays(ctx context.Context, claims map[string]int) (map[string]int, error) {
	if len(claims) == 0 {
		return nil, nil //nolint:nilnil // nobody claims anything
	}
	return c.letters.Replayed(ctx, claims) //nolint:wrapcheck // Run logs it with the group
}
