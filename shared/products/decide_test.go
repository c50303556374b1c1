package products_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"mercato/shared/event"
	"mercato/shared/products"
)

func line(product int64, price string, quantity int) event.OrderLine {
	return event.OrderLine{ProductID: product, Price: price, Quantity: quantity}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	now := func(product int64, price string, version, available int) event.ProductNow {
		return event.ProductNow{ProductID: product, Price: price, Version: version, Available: available}
	}
	for name, c := range map[string]struct {
		lines   []event.OrderLine
		reason  string
		changes []event.ProductNow
	}{
		"all there":           {[]event.OrderLine{line(1, "10.00", 5), line(2, "2.50", 1)}, "", nil},
		"price written short": {[]event.OrderLine{line(1, "10", 1), line(2, "2.5", 1)}, "", nil},
		"nothing promised":    {[]event.OrderLine{line(1, "", 1)}, "", nil},
		"too many":            {[]event.OrderLine{line(1, "10.00", 6)}, event.OutOfStock, []event.ProductNow{now(1, "10.00", 3, 5)}},
		"other price":         {[]event.OrderLine{line(1, "9.00", 1)}, event.PriceChanged, []event.ProductNow{now(1, "10.00", 3, 5)}},
		"no price at all":     {[]event.OrderLine{line(1, "?", 1)}, event.PriceChanged, []event.ProductNow{now(1, "10.00", 3, 5)}},
		"archived":            {[]event.OrderLine{line(3, "1.00", 1)}, event.ProductGone, []event.ProductNow{now(3, "1.00", 2, 0)}},
		"never was":           {[]event.OrderLine{line(9, "1.00", 1)}, event.ProductGone, []event.ProductNow{now(9, "0.00", 0, 0)}},
		"one of two":          {[]event.OrderLine{line(1, "10.00", 1), line(2, "2.50", 9)}, event.OutOfStock, []event.ProductNow{now(2, "2.50", 1, 1)}},
		"price before stock":  {[]event.OrderLine{line(2, "2.50", 9), line(1, "1.00", 1)}, event.PriceChanged, []event.ProductNow{now(2, "2.50", 1, 1), now(1, "10.00", 3, 5)}},
		"gone before price":   {[]event.OrderLine{line(3, "1.00", 1), line(1, "1.00", 1)}, event.ProductGone, []event.ProductNow{now(3, "1.00", 2, 0), now(1, "10.00", 3, 5)}},
		"gone before stock":   {[]event.OrderLine{line(2, "2.50", 9), line(9, "", 1)}, event.ProductGone, []event.ProductNow{now(2, "2.50", 1, 1), now(9, "0.00", 0, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stock := map[int64]products.Stock{
				1: {Price: 1000, Version: 3, Quantity: 5},
				2: {Price: 250, Version: 1, Quantity: 1},
				3: {Price: 100, Version: 2, Quantity: 8, Archived: true},
			}
			d := products.Decide([]event.OrderPlaced{{Lines: c.lines}}, stock)[0]
			if d.Reason != c.reason || d.Completed() != (c.reason == "") || !reflect.DeepEqual(d.Changes, c.changes) {
				t.Errorf("got %q %v, want %q %v", d.Reason, d.Changes, c.reason, c.changes)
			}
			if c.reason != "" && (stock[1].Quantity != 5 || stock[2].Quantity != 1) {
				t.Errorf("a failed order took stock: %v", stock)
			}
		})
	}
}

// TestDecideOneByOne holds a batch against the plainest shop there is: one that serves order by order.
func TestDecideOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		left, gone := map[int64]int{}, map[int64]bool{}
		stock := map[int64]products.Stock{}
		for id := range int64(5) {
			left[id] = rapid.IntRange(0, 10).Draw(t, "quantity")
			gone[id] = rapid.IntRange(0, 9).Draw(t, "gone") == 0
			stock[id] = products.Stock{Price: 500, Version: 1, Quantity: left[id], Archived: gone[id]}
		}
		orders := rapid.SliceOfN(rapid.Custom(drawOrder), 1, 30).Draw(t, "orders")
		decisions := products.Decide(orders, stock)
		for i, o := range orders {
			want := serve(o, left, gone)
			if got := decisions[i].Reason; got != want || (got == "") != (len(decisions[i].Changes) == 0) {
				t.Fatalf("order %d of %v: got %q with %v, want %q", i, orders, got, decisions[i].Changes, want)
			}
		}
		for id, quantity := range left {
			if stock[id].Quantity != quantity || quantity < 0 {
				t.Fatalf("product %d: %d left, want %d", id, stock[id].Quantity, quantity)
			}
		}
	})
}

func drawOrder(t *rapid.T) (o event.OrderPlaced) {
	for _, id := range rapid.SliceOfNDistinct(rapid.Int64Range(0, 5), 1, 4, rapid.ID).Draw(t, "products") {
		price := rapid.SampledFrom([]string{"", "5.00", "5.00", "5", "4.99"}).Draw(t, "price")
		o.Lines = append(o.Lines, line(id, price, rapid.IntRange(1, 5).Draw(t, "quantity")))
	}
	return o
}

// serve is that shop. Product 5 is not in it.
func serve(o event.OrderPlaced, left map[int64]int, gone map[int64]bool) (reason string) {
	faults := map[string]bool{}
	for _, l := range o.Lines {
		_, known := left[l.ProductID]
		switch {
		case !known || gone[l.ProductID]:
			faults[event.ProductGone] = true
		case l.Price == "4.99":
			faults[event.PriceChanged] = true
		case l.Quantity > left[l.ProductID]:
			faults[event.OutOfStock] = true
		}
	}
	for _, reason := range []string{event.ProductGone, event.PriceChanged, event.OutOfStock} {
		if faults[reason] {
			return reason
		}
	}
	for _, l := range o.Lines {
		left[l.ProductID] -= l.Quantity
	}
	return ""
}
