package products

import (
	"context"
	"fmt"

	"mercato/shared/event"
	"mercato/shared/platform/money"
	"mercato/shared/platform/stream"
)

// Consume takes the stock of orders.
var Consume = stream.Subscription[*Service]{
	Name: "products-consume", Group: schema, Open: write,
	Reads: []stream.Reads[*Service]{
		{Stream: event.OrdersStream, Valid: validOrder, Apply: (*Service).reserve},
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
	return s.Reserve(ctx, orders)
}
