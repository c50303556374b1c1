package stream

import (
	"context"

	"mercato/shared/platform"
)

// Subscription is a consumer group's function: what it reads and what it does with it.
type Subscription[S any] struct {
	Name, Group string // "orders-consume", "orders"
	Open        func(*platform.Env) S
	Reads       []Reads[S]
}

// Reads is one stream of a subscription.
type Reads[S any] struct {
	Stream string
	// Valid says why nobody could have sent the entry, without looking at anything else.
	Valid func(Entry) error
	// Apply does what the entries ask for, all in one transaction, and is called with the same entry
	// again when it fails or when its outcome is unknown. Unavailable means that nothing is wrong
	// with the entries.
	Apply func(S, context.Context, []Entry) error
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
