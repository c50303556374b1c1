package products

import (
	"slices"

	"mercato/shared/event"
	"mercato/shared/platform/money"
)

// Stock is what an order is decided against. The zero Stock is that of a product that there is not.
type Stock struct {
	Price    money.Amount
	Version  int
	Quantity int
	Archived bool
}

// Decision is what becomes of an order.
type Decision struct {
	Order   event.OrderPlaced
	Reason  string             // why it failed; empty when it is completed
	Changes []event.ProductNow // what the products at fault are now
}

// Completed says whether the order's stock is taken.
func (d Decision) Completed() bool { return d.Reason == "" }

// Decide decides orders one after the other, each against what those before it have left, all or
// nothing. It takes the stock of the completed ones out of the map.
func Decide(orders []event.OrderPlaced, stock map[int64]Stock) []Decision {
	decisions := make([]Decision, len(orders))
	for i, o := range orders {
		decisions[i] = decide(o, stock)
		if decisions[i].Completed() {
			take(o, stock)
		}
	}
	return decisions
}

// decide names every line at fault, and the gravest reason of all.
func decide(o event.OrderPlaced, stock map[int64]Stock) Decision {
	d := Decision{Order: o}
	for _, l := range o.Lines {
		s := stock[l.ProductID]
		if reason := s.refuses(l); reason != "" {
			d.Reason = graver(d.Reason, reason)
			d.Changes = append(d.Changes, s.now(l.ProductID))
		}
	}
	return d
}

func take(o event.OrderPlaced, stock map[int64]Stock) {
	for _, l := range o.Lines {
		s := stock[l.ProductID]
		s.Quantity -= l.Quantity
		stock[l.ProductID] = s
	}
}

func (s Stock) gone() bool { return s.Version == 0 || s.Archived }

// refuses says why a line cannot be served, empty when it can.
func (s Stock) refuses(l event.OrderLine) string {
	switch {
	case s.gone():
		return event.ProductGone
	case l.Price != "" && !s.costs(l.Price):
		return event.PriceChanged
	case l.Quantity > s.Quantity:
		return event.OutOfStock
	default:
		return ""
	}
}

func (s Stock) costs(promised string) bool {
	price, err := money.Parse(promised)
	return err == nil && price == s.Price
}

// now tells a reader with old knowledge; version 0 is a product that there never was.
func (s Stock) now(id int64) event.ProductNow {
	n := event.ProductNow{ProductID: id, Price: s.Price.String(), Version: s.Version}
	if !s.gone() {
		n.Available = s.Quantity
	}
	return n
}

// graver returns the reason that a buyer can do least about.
func graver(a, b string) string {
	gravity := []string{"", event.OutOfStock, event.PriceChanged, event.ProductGone}
	if slices.Index(gravity, a) > slices.Index(gravity, b) {
		return a
	}
	return b
}
