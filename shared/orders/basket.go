package orders

import (
	"fmt"
	"time"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/money"
)

// Wish is a line that a buyer asks for. Expected is the price that he saw; it is never what he pays.
type Wish struct {
	ProductID int64
	Quantity  int
	Expected  *money.Amount
}

// Listing is what the catalogue knows of a product.
type Listing struct {
	ProductID int64
	SellerID  int64
	Name      string
	Price     money.Amount
	Archived  bool
}

// CheckWishes says what is wrong with a basket before anything is looked up: Invalid for 0 or more than
// 100 lines, a product twice, a quantity out of range, or a total that is not that of the buyer's own
// lines.
func CheckWishes(wishes []Wish, total *money.Amount) error {
	if len(wishes) < 1 || len(wishes) > event.MaxLines {
		return fault.At("body.items", "must be 1 to %d lines", event.MaxLines)
	}
	seen := map[int64]bool{}
	for i, w := range wishes {
		switch {
		case w.ProductID < 1:
			return fault.At(at(i, "product_id"), "is not a product")
		case seen[w.ProductID]:
			return fault.At(at(i, "product_id"), "is there twice")
		case w.Quantity < 1 || w.Quantity > event.MaxQuantity:
			return fault.At(at(i, "quantity"), "must be from 1 to %d", event.MaxQuantity)
		}
		seen[w.ProductID] = true
	}
	if expected, all := expectedTotal(wishes); total != nil && all && expected != *total {
		return fault.At("body.total_price", "is not the sum of the lines")
	}
	return nil
}

// expectedTotal adds up the buyer's own prices; all is false when he did not name every one.
func expectedTotal(wishes []Wish) (sum money.Amount, all bool) {
	for _, w := range wishes {
		if w.Expected == nil {
			return 0, false
		}
		line, ok := w.Expected.Times(w.Quantity)
		if sum += line; !ok || sum > money.Max {
			return 0, true // no total that can be sent is that large
		}
	}
	return sum, true
}

// Price makes the lines of an order at the catalogue's prices. Conflict (price_changed) when the buyer
// saw others, Conflict (catalog_behind) for a product that the catalogue does not know yet, Invalid for
// a product that is gone, the buyer's own, or a total that no order can have.
func Price(buyer int64, wishes []Wish, catalog map[int64]Listing) (items []Item, total money.Amount, err error) {
	var changes []Change
	for i, w := range wishes {
		l, known := catalog[w.ProductID]
		switch {
		case !known:
			return nil, 0, behind(w.ProductID)
		case l.Archived:
			return nil, 0, fault.At(at(i, "product_id"), "is no longer sold")
		case l.SellerID == buyer:
			return nil, 0, fault.At(at(i, "product_id"), "is your own product")
		case w.Expected != nil && *w.Expected != l.Price:
			changes = append(changes, Change{w.ProductID, *w.Expected, l.Price})
		}
		line, ok := l.Price.Times(w.Quantity)
		if total += line; !ok || total > money.Max {
			return nil, 0, fault.At("body.items", "come to more than %s", money.Max)
		}
		items = append(items, Item{w.ProductID, l.SellerID, l.Name, l.Price, w.Quantity})
	}
	if changes != nil {
		return nil, 0, &fault.Error{
			Kind: fault.Conflict, Code: event.PriceChanged, Message: "Prices have changed.",
			Extra: map[string]any{"changes": changes},
		}
	}
	return items, total, nil
}

// Change is a price that is not what the buyer saw.
type Change struct {
	ProductID int64        `json:"product_id"`
	Expected  money.Amount `json:"expected"`
	Actual    money.Amount `json:"actual"`
}

// catchUp is how long the catalogue usually needs for a new product: an event's way, and then some.
const catchUp = time.Second

func behind(product int64) error {
	return &fault.Error{
		Kind: fault.Conflict, Code: "catalog_behind", RetryAfter: catchUp,
		Message: fmt.Sprintf("Product %d is not known here, or not yet.", product),
	}
}

func at(i int, field string) string { return fmt.Sprintf("body.items[%d].%s", i, field) }
