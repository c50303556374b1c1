package products

import (
	"fmt"
	"maps"
	"slices"

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
	forfeited  map[int64]event.OrderPlaced // the impossible ones whose claims were granted
	passedOver []event.OrderPlaced         // orders of the same ids that nothing else is wrong with
}

// try parts orders. Claims that impossible ones have got are taken out of granted.
func try(orders []event.OrderPlaced, granted map[int64]string, stock map[int64]Stock) trial {
	t := trial{impossible: Impossible{}, forfeited: map[int64]event.OrderPlaced{}}
	for i, o := range orders {
		err := never(o, stock)
		if err == nil {
			continue
		}
		if t.impossible[i] = err; granted[o.OrderID] == o.ID {
			delete(granted, o.OrderID)
			t.forfeited[o.OrderID] = o
		}
	}
	seen := make(map[int64]bool, len(orders))
	for i, o := range orders {
		_, forfeited := t.forfeited[o.OrderID]
		switch {
		case t.impossible[i] != nil:
		case forfeited:
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

// hopeless returns the impossible orders that may be somebody's all the same, whom the catalogue has misled: nobody else
// is waiting for an answer under their ids. They fail, and their claims are free for whoever comes.
func (t trial) hopeless() (list []event.OrderPlaced) {
	for _, id := range slices.Sorted(maps.Keys(t.forfeited)) {
		if !slices.ContainsFunc(t.passedOver, func(o event.OrderPlaced) bool { return o.OrderID == id }) {
			list = append(list, t.forfeited[id])
		}
	}
	return list
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
