package orders_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/stream"
)

func (b bundle) timeline(t *testing.T, id int64) (standing string) {
	t.Helper()
	var got orders.GetResponse
	b.get.Do(t, apitest.Request{Path: fmt.Sprintf("/api/orders/%d", id), Cookie: b.cookie}).Into(t, &got)
	for _, m := range got.Timeline {
		standing += string(m.Status) + " " + m.Reason + ";"
	}
	if last := got.Timeline[len(got.Timeline)-1]; last.Status != got.Order.Status || last.Reason != got.Order.Reason {
		t.Errorf("the timeline ends with %+v, the order stands at %s %s", last, got.Order.Status, got.Order.Reason)
	}
	return standing
}

func TestDecided(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var ids []int64
	for range 3 {
		ids = append(ids, b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID)
	}
	first := event.OrderDecided{Envelope: event.Envelope{ID: uuid.NewString()}, OrderID: ids[0], Status: event.Completed}
	b.decide(t,
		first, first,
		event.OrderDecided{OrderID: ids[1], Status: event.Failed, Reason: event.OutOfStock},
		event.OrderDecided{OrderID: 999999, Status: event.Completed}, // nobody's order
		event.OrderDecided{OrderID: ids[1], Status: event.Completed}, // too late
	)
	b.decide(t, first, event.OrderDecided{OrderID: ids[0], Status: event.Failed, Reason: event.ProductGone})
	for i, want := range []string{"PENDING ;COMPLETED ;", "PENDING ;FAILED out_of_stock;", "PENDING ;"} {
		if got := b.timeline(t, ids[i]); got != want {
			t.Errorf("order %d: %s, want %s", i, got, want)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM orders.inbox`); n != 5+2 {
		t.Errorf("%d events in the inbox, want 5 decisions and 2 products", n)
	}
}

func TestDecidedInUpperCase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	b.apply(t, event.InventoryStream, map[string]string{
		"event_id": "0B5D7E2C-9A59-4F4E-8C6A-0F8F1D1B2A3C", "order_id": fmt.Sprint(id), "status": "COMPLETED",
	})
	if got := b.timeline(t, id); got != "PENDING ;COMPLETED ;" {
		t.Error(got)
	}
}

func TestDecidedByTheDocumentedContract(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	fields := map[string]string{"order_id": fmt.Sprint(id), "status": "FAILED"}
	b.apply(t, event.InventoryStream, fields, fields)
	if got := b.timeline(t, id); got != "PENDING ;FAILED out_of_stock;" {
		t.Error(got)
	}
}

func TestRefusalHealsTheCatalogue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	b.decide(t, event.OrderDecided{
		OrderID: id, Status: event.Failed, Reason: event.PriceChanged,
		Changes: []event.ProductNow{{ProductID: laptop, Price: "899.00", Version: 2, Available: 3}},
	})
	if r := b.place(t, `{"items":[{"product_id":1,"quantity":1,"price":"899.00"}]}`); r.TotalPrice != 89900 {
		t.Errorf("the next order costs %s", r.TotalPrice)
	}
}

// TestHealedCatalogueStillLearns: a refusal names neither the name nor the archiving of its version.
func TestHealedCatalogueStillLearns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	b.decide(t, event.OrderDecided{
		OrderID: id, Status: event.Failed, Reason: event.ProductGone,
		Changes: []event.ProductNow{{ProductID: laptop, Price: "999.99", Version: 2, Available: 0}},
	})
	archived := product(laptop, 2, "999.99", b.seller.UserID)
	archived.Archived = true
	b.catalogue(t, archived)
	a := b.create.Do(t, apitest.Request{Body: `{"items":[{"product_id":1,"quantity":1}]}`, Cookie: b.cookie})
	if a.Status != 422 {
		t.Errorf("an order of an archived product: %d %s", a.Status, a.Body)
	}
}

func TestCataloguedKeepsTheHighestVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	two, three := product(laptop, 2, "2.00", b.seller.UserID), product(laptop, 3, "3.00", b.seller.UserID)
	b.apply(t, event.ProductsStream, three.Fields(), two.Fields(), three.Fields())
	b.catalogue(t, two)
	if r := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`); r.TotalPrice != 300 {
		t.Errorf("the price is %s, want that of version 3", r.TotalPrice)
	}
}

func TestValid(t *testing.T) {
	t.Parallel()
	good := map[string]map[string]string{
		event.InventoryStream: event.OrderDecided{Envelope: event.Envelope{ID: uuid.NewString()}, OrderID: 1, Status: event.Failed}.Fields(),
		event.ProductsStream:  product(1, 1, "1.00", 1).Fields(),
	}
	bad := map[string]map[string][]string{
		event.InventoryStream: {
			"order_id": {"-1", "0", "x", ""}, "status": {"DONE", "PENDING", ""}, "reason": {"whim"},
			"changes": {`[{"product_id":1,"price":"x","version":1}]`, `[{"product_id":1,"price":"-1.00","version":1}]`, `{}`, `[`}, "event_id": {"7"}, "user_id": {"x"},
		},
		event.ProductsStream: {
			"product_id": {"0", "9223372036854775808"}, "version": {"0", "2147483648"}, "price": {"free", "1.234", "-5.00", "0.00", "1000000.00"}, "name": {"", "\x00", "\xff", strings.Repeat("x", 121)},
			"seller_id": {"-1"}, "archived": {"perhaps", ""}, "quantity": {"-1", "2147483648"}, "occurred_at": {"now"},
		},
	}
	for _, r := range orders.Consume.Reads {
		if err := r.Valid(stream.Entry{Fields: good[r.Stream]}); err != nil {
			t.Errorf("%s: a good entry is refused: %v", r.Stream, err)
		}
		for name, values := range bad[r.Stream] {
			for _, value := range values {
				fields := maps.Clone(good[r.Stream])
				fields[name] = value
				if r.Valid(stream.Entry{Fields: fields}) == nil {
					t.Errorf("%s: %s = %q is taken", r.Stream, name, value)
				}
			}
		}
	}
}
