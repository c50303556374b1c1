package stream

import (
	"context"
	"fmt"
	"time"

	"mercato/shared/platform"
)

// Subscription is a consumer group's function: what it reads and what it does with it.
type Subscription[S any] struct {
	Name, Group string // "orders-consume", "orders"
	Open        func(*platform.Env) S
	Reads       []Reads[S]
	Chores      []Chore[S]
}

// Reads is one stream of a subscription.
type Reads[S any] struct {
	Stream string
	// Valid says why nobody could have sent the entry, without looking at anything else. What it refuses
	// is buried at once.
	Valid func(Entry) error
	// Apply does what the entries ask for, all in one transaction, and is called with the same entry
	// again when it fails or when its outcome is unknown. Unavailable means that nothing is wrong
	// with the entries; Refused that some can never be applied.
	Apply func(S, context.Context, []Entry) error
}

// Refused names, by Entry.ID, the entries of a batch that can never be applied, and why. Apply returns it when it
// has changed nothing: they are buried at once, and the rest is applied without them.
type Refused map[string]error

// Error implements error.
func (r Refused) Error() string { return fmt.Sprintf("%d entries can never be applied", len(r)) }

// Chore is work that a consumer does beside reading.
type Chore[S any] struct {
	Every time.Duration
	// After names a stream of the subscription, if any: the chore waits for a read of it that finds nothing.
	After string
	Do    func(S, context.Context) error
}

// Spec returns the subscription's name and needs.
func (s Subscription[S]) Spec() platform.Spec {
	env := platform.Recording()
	s.Open(env)
	env.Redis()
	return platform.Spec{Name: s.Name, Needs: env.Needs(), Loops: true}
}

// Consumer opens the subscription.
func (s Subscription[S]) Consumer(env *platform.Env) *Consumer {
	service := s.Open(env)
	c := &Consumer{redis: env.Redis(), config: env.Config(), group: s.Group}
	for _, r := range s.Reads {
		c.readers = append(c.readers, reader{r.Stream, r.Valid, func(ctx context.Context, entries []Entry) error {
			return r.Apply(service, ctx, entries)
		}})
	}
	return c
}
