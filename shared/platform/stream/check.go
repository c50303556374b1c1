package stream

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/seal"
)

// check returns the entries that somebody may have sent, and condemns the others. What an entry says of itself is
// not believed: neither an id that is another's nor replays that nobody has asked for. An outage is its only error.
func (c *Consumer) check(ctx context.Context, r reader, batch []Entry) (valid []Entry, err error) {
	refusals, claims := make([]error, len(batch)), map[string]int{}
	for i, e := range batch {
		long := cut(e.Fields)
		unmask(ctx, e)
		n := deadletter.Replays(e.Fields)
		if e.Fields["replay_count"] != "" {
			e.Fields["replay_count"] = strconv.Itoa(n) // no seal covers it: what is no count must not spoil the event
		}
		if refusals[i] = cmp.Or(long, r.valid(e)); n > 0 {
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

const (
	// longest is how many bytes an entry may have: several times the 10 kB of the longest of ours, an order of 100 lines.
	longest = 64 << 10
	// What is kept of a longer one, for people.
	fieldsKept, bytesKept = 50, 500
)

// cut shortens an entry that is longer than any of ours, and says so: what nobody can have sent must not fill the tables,
// nor the memory of whoever reads them. What is left of it has no event id, and gets its own.
func cut(fields map[string]string) error {
	size := 0
	for name, value := range fields {
		size += len(name) + len(value)
	}
	if size <= longest {
		return nil
	}
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		value := fields[name]
		delete(fields, name)
		if i < fieldsKept && name != "event_id" {
			fields[name[:min(len(name), bytesKept)]] = value[:min(len(value), bytesKept)]
		}
	}
	return fmt.Errorf("entry of %d bytes, at most %d", size, longest)
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
