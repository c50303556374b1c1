package products

import (
	"strings"
	"time"
	"unicode/utf8"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/money"
)

// What a product may be; the table's constraints say the same.
const (
	MaxName        = event.MaxName
	MaxCategory    = 60   // characters
	MaxDescription = 5000 // characters

	MinPrice money.Amount = 1
	MaxPrice money.Amount = 99_999_999 // 999999.99

	MaxQuantity = 1_000_000
)

// Product is one thing for sale. Version counts edits and sales, the listing itself being 1.
type Product struct {
	ID     int64
	UserID int64 // of the seller
	Seller string
	Listing
	ImageURL   *string // nil without a picture
	Version    int
	CreatedAt  time.Time
	ArchivedAt *time.Time // nil while it is for sale
}

// Archived says whether the product is no longer for sale.
func (p Product) Archived() bool { return p.ArchivedAt != nil }

// Listing is what the seller says of a product.
type Listing struct {
	Name        string
	Description string
	Category    string
	Price       money.Amount
	Quantity    int
}

// NewListing returns the listing with its name and category trimmed. Invalid when a field is too short,
// too long or out of range.
func NewListing(l Listing) (_ Listing, err error) {
	if l.Name, err = label("body.name", l.Name, MaxName); err != nil {
		return Listing{}, err
	}
	if l.Category, err = label("body.category", l.Category, MaxCategory); err != nil {
		return Listing{}, err
	}
	switch {
	case utf8.RuneCountInString(l.Description) > MaxDescription:
		return Listing{}, fault.At("body.description", "must be at most %d characters", MaxDescription)
	case l.Price < MinPrice || l.Price > MaxPrice:
		return Listing{}, fault.At("body.price", "must be from %s to %s", MinPrice, MaxPrice)
	case l.Quantity < 0 || l.Quantity > MaxQuantity:
		return Listing{}, fault.At("body.quantity", "must be from 0 to %d", MaxQuantity)
	}
	return l, nil
}

func label(location, text string, longest int) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < 1 || n > longest {
		return "", fault.At(location, "must be 1 to %d characters", longest)
	}
	return text, nil
}

// Change is what a seller wants different; what is nil stays as it is.
type Change struct {
	Name        *string
	Description *string
	Category    *string
	Price       *money.Amount
	Quantity    *int
}

// Apply returns the listing as changed. Invalid for a change of nothing and for what NewListing refuses; a quantity
// that stays may be beyond what a seller may set, for stock comes back.
func (c Change) Apply(l Listing) (Listing, error) {
	if c == (Change{}) {
		return Listing{}, fault.At("body", "must name a field to change")
	}
	set(&l.Name, c.Name)
	set(&l.Description, c.Description)
	set(&l.Category, c.Category)
	set(&l.Price, c.Price)
	stock := l.Quantity
	l.Quantity = 0
	set(&l.Quantity, c.Quantity)
	l, err := NewListing(l)
	if c.Quantity == nil {
		l.Quantity = stock
	}
	return l, err
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}
