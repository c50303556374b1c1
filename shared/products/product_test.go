package products_test

import (
	"strings"
	"testing"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/money"
	"mercato/shared/products"
)

func TestNewListing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(*products.Listing)
		location string // empty: it is fine
	}{
		"as it is":           {func(*products.Listing) {}, ""},
		"longest":            {func(l *products.Listing) { l.Name = strings.Repeat("é", 120); l.Category = strings.Repeat("é", 60) }, ""},
		"longest in spaces":  {func(l *products.Listing) { l.Name = "  " + strings.Repeat("x", 120) + "\n" }, ""},
		"longest text":       {func(l *products.Listing) { l.Description = strings.Repeat("é", 5000) }, ""},
		"cheapest":           {func(l *products.Listing) { l.Price = 1; l.Quantity = 0 }, ""},
		"dearest":            {func(l *products.Listing) { l.Price = 99999999; l.Quantity = 1000000 }, ""},
		"no name":            {func(l *products.Listing) { l.Name = " \t " }, "body.name"},
		"name too long":      {func(l *products.Listing) { l.Name = strings.Repeat("x", 121) }, "body.name"},
		"no category":        {func(l *products.Listing) { l.Category = "" }, "body.category"},
		"category too long":  {func(l *products.Listing) { l.Category = strings.Repeat("x", 61) }, "body.category"},
		"text too long":      {func(l *products.Listing) { l.Description = strings.Repeat("x", 5001) }, "body.description"},
		"free":               {func(l *products.Listing) { l.Price = 0 }, "body.price"},
		"too dear":           {func(l *products.Listing) { l.Price = 100000000 }, "body.price"},
		"less than nothing":  {func(l *products.Listing) { l.Quantity = -1 }, "body.quantity"},
		"more than a shelf":  {func(l *products.Listing) { l.Quantity = 1000001 }, "body.quantity"},
		"everything at once": {func(l *products.Listing) { *l = products.Listing{} }, "body.name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := products.Listing{Name: " Lamp ", Category: "Home ", Price: 1999, Quantity: 3}
			c.change(&l)
			got, err := products.NewListing(l)
			if c.location == "" {
				if err != nil || got.Name != strings.TrimSpace(l.Name) || got.Category != strings.TrimSpace(l.Category) {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			if fault.KindOf(err) != fault.Invalid || !strings.HasPrefix(err.Error(), c.location+" ") {
				t.Errorf("got %v, want Invalid at %s", err, c.location)
			}
		})
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	was := products.Listing{Name: "Lamp", Description: "old", Category: "Home", Price: 1999, Quantity: 3}
	name, text, category, price, quantity := " Torch ", "", "Garden", money.Amount(50), 0
	for label, c := range map[string]struct {
		change products.Change
		want   products.Listing
	}{
		"name":     {products.Change{Name: &name}, products.Listing{Name: "Torch", Description: "old", Category: "Home", Price: 1999, Quantity: 3}},
		"no text":  {products.Change{Description: &text}, products.Listing{Name: "Lamp", Category: "Home", Price: 1999, Quantity: 3}},
		"sold out": {products.Change{Quantity: &quantity}, products.Listing{Name: "Lamp", Description: "old", Category: "Home", Price: 1999}},
		"all":      {products.Change{&name, &text, &category, &price, &quantity}, products.Listing{Name: "Torch", Category: "Garden", Price: 50}},
	} {
		if got, err := c.change.Apply(was); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v, want %+v", label, got, err, c.want)
		}
	}
	if _, err := (products.Change{}).Apply(was); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a change of nothing: got %v, want Invalid", err)
	}
}
