package stream

import (
	"context"
	"fmt"
	"time"

	"mercato/shared/platform"
	"mercato/shared/platform/deadletter"
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
	// with the entries; Refused that it has applied all but some, which can never be.
	Apply func(S, context.Context, []Entry) error
}

// Refused names, by Entry.ID, the entries of a batch that can never be applied, and why. Apply returns it when it has
// applied the others: these are acknowledged, and those that it names are buried at once.
type Refused map[string]error

// Error implements error.
func (r Refused) Error() string { return fmt.Sprintf("%d entries can never be applied", len(r)) }

// Chore is work that a consumer does beside reading, between two batches.
type Chore[S any] struct {
	Every time.Duration // at most so often, in each process
	// After names a stream of the subscription, if any: the chore waits until a read finds nothing new in it and
	// no consumer is at work on an entry of it.
	After string
	// Do has a few seconds. Its failure is logged, and costs one turn.
	Do func(S, context.Context) error
}

// Spec returns the subscription's name and needs.
func (s Subscription[S]) Spec() platform.Spec {
	env := platform.Recording()
	s.Open(env)
	env.Redis()
	deadletter.Open(env, s.Group)
	return platform.Spec{Name: s.Name, Needs: env.Needs(), Loops: true}
}

// Consumer opens the subscription. The group has the name of the domain's schema and role.
func (s Subscription[S]) Consumer(env *platform.Env) *Consumer {
	service := s.Open(env)
	c := &Consumer{redis: env.Redis(), config: env.Config(), group: s.Group, letters: deadletter.Open(env, s.Group)}
	for _, r := range s.Reads {
		c.readers = append(c.readers, reader{r.Stream, r.Valid, func(ctx context.Context, entries []Entry) error {
			return r.Apply(service, ctx, entries)
		}})
	}
	c.chores = []*chore{c.prune()}
	for _, job := range s.Chores {
		c.chores = append(c.chores, &chore{every: job.Every, after: job.After, do: func(ctx context.Context) (bool, error) {
			return false, job.Do(service, ctx)
		}})
	}
	return c
}
