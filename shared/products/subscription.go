package products

import (
	"context"
	"errors"
	"fmt"

	"mercato/shared/event"
	"mercato/shared/platform/money"
	"mercato/shared/platform/stream"
)

// Consume takes the stock of orders, and gives back that of cancelled ones.
var Consume = stream.Subscription[*Service]{
	Name: "products-consume", Group: schema, Open: write,
	Reads: []stream.Reads[*Service]{
		{Stream: event.OrdersStream, Valid: validOrder, Apply: (*Service).reserve},
		{Stream: event.CancellationsStream, Valid: validCancellation, Apply: (*Service).release},
	},
}

func validOrder(e stream.Entry) error {
	o, err := event.ParseOrderPlaced(e.Fields)
	for _, l := range o.Lines {
		if err != nil || l.Price == "" {
			continue
		}
		if _, bad := money.Parse(l.Price); bad != nil {
			err = fmt.Errorf("price of product %d: %w", l.ProductID, bad)
		}
	}
	return err
}

func (s *Service) reserve(ctx context.Context, entries []stream.Entry) error {
	orders := make([]event.OrderPlaced, len(entries))
	for i, e := range entries {
		orders[i], _ = event.ParseOrderPlaced(e.Fields) // Valid has let it through
	}
	err := s.Reserve(ctx, orders)
	if impossible, ok := errors.AsType[Impossible](err); ok {
		refused := stream.Refused{}
		for place, why := range impossible {
			refused[entries[place].ID] = why
		}
		return refused
	}
	return err
}

func validCancellation(e stream.Entry) error {
	_, err := event.ParseOrderCancelled(e.Fields)
	return err //nolint:wrapcheck // the consumer says which entry
}

func (s *Service) release(ctx context.Context, entries []stream.Entry) error {
	orders := make([]event.OrderCancelled, len(entries))
	for i, e := range entries {
		orders[i], _ = event.ParseOrderCancelled(e.Fields) // Valid has let it through
	}
	return s.Release(ctx, orders)
}
