package products

import (
	"fmt"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
)

// Impossible names the orders of a batch, by their places in it, that nobody can have placed, and why.
type Impossible map[int]error

// Error implements error.
func (i Impossible) Error() string {
	return fmt.Sprintf("%d orders that nobody can have placed", len(i))
}

// trial parts the orders of a batch, each in its order.
type trial struct {
	fresh      []event.OrderPlaced // to be decided: their claims were granted
	known      []event.OrderPlaced // decided before, or by a fresh one
	impossible Impossible
	forfeited  []int64             // orders that were granted to impossible ones
	passedOver []event.OrderPlaced // orders of those ids that nothing else is wrong with
}

// try parts orders. Claims that impossible ones have got are taken out of granted.
func try(orders []event.OrderPlaced, granted map[int64]string, stock map[int64]Stock) trial {
	t := trial{impossible: Impossible{}}
	forfeited := map[int64]bool{}
	for i, o := range orders {
		err := never(o, stock)
		if err == nil {
			continue
		}
		if t.impossible[i] = err; granted[o.OrderID] == o.ID {
			delete(granted, o.OrderID)
			forfeited[o.OrderID] = true
			t.forfeited = append(t.forfeited, o.OrderID)
		}
	}
	seen := make(map[int64]bool, len(orders))
	for i, o := range orders {
		switch {
		case t.impossible[i] != nil:
		case forfeited[o.OrderID]:
			t.passedOver = append(t.passedOver, o)
		case granted[o.OrderID] == o.ID && !seen[o.OrderID]:
			seen[o.OrderID] = true
			t.fresh = append(t.fresh, o)
		default:
			t.known = append(t.known, o)
		}
	}
	return t
}

// never says why nobody can have placed an order: a product that is not there never was, for none is ever deleted.
func never(o event.OrderPlaced, stock map[int64]Stock) error {
	for _, l := range o.Lines {
		if _, known := stock[l.ProductID]; !known {
			return fault.New(fault.Invalid, "unknown_product", "There never was a product %d.", l.ProductID)
		}
	}
	return nil
}
