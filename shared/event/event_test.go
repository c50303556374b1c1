package event_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"mercato/shared/event"
)

var update = flag.Bool("update", false, "write the golden files")

func envelope() event.Envelope {
	return event.Envelope{
		ID: "01a2063b-ec71-744d-ade1-64ee75d0260d", CorrelationID: "01a2063b-0000-744d-ade1-64ee75d0260d", UserID: 7,
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		OccurredAt:  time.Date(2026, 11, 23, 1, 2, 3, 4000, time.UTC), Replays: 1,
	}
}

// TestWire freezes what goes over the streams: an entry that was written yesterday must be read tomorrow.
func TestWire(t *testing.T) {
	t.Parallel()
	placed := event.OrderPlaced{Envelope: envelope(), OrderID: 42, Lines: []event.OrderLine{{ProductID: 1, Price: "999.99", Quantity: 2}}}
	decided := event.OrderDecided{
		Envelope: envelope(), OrderID: 42, InReplyTo: "01a2063b-ec71-744d-ade1-64ee75d0260e", Status: event.Failed, Reason: event.PriceChanged,
		Changes: []event.ProductNow{{ProductID: 1, Price: "899.99", Version: 3, Available: 5}},
	}
	changed := event.ProductChanged{Envelope: envelope(), ProductID: 1, Version: 3, Name: "Laptop", Price: "899.99", SellerID: 9, Quantity: 5, Archived: true}
	cancelled := event.OrderCancelled{Envelope: envelope(), OrderID: 42}
	golden(t, "orders_stream.json", placed.Fields())
	golden(t, "order_cancellations_stream.json", cancelled.Fields())
	golden(t, "inventory_stream.json", decided.Fields())
	golden(t, "products_stream.json", changed.Fields())
	golden(t, "order_cancellations_stream.json", cancelled.Fields())
	same(t, placed, event.ParseOrderPlaced)
	same(t, event.OrderDecided{Envelope: envelope(), OrderID: 42, Status: event.Released, Changes: []event.ProductNow{}}, event.ParseOrderDecided)
	same(t, cancelled, event.ParseOrderCancelled)
	same(t, decided, event.ParseOrderDecided)
	same(t, changed, event.ParseProductChanged)
	same(t, cancelled, event.ParseOrderCancelled)
}

func golden(t *testing.T, name string, fields map[string]string) {
	t.Helper()
	got, err := json.MarshalIndent(fields, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("%s has changed (-want +got):\n%s", name, diff)
	}
}

func same[E interface{ Fields() map[string]string }](t *testing.T, e E, parse func(map[string]string) (E, error)) {
	t.Helper()
	back, err := parse(e.Fields())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("written and read (-want +got):\n%s", diff)
	}
}

func TestDocumentedContract(t *testing.T) {
	t.Parallel()
	e, err := event.ParseOrderPlaced(map[string]string{"order_id": "7", "products": `[{"product_id":1,"price":"999.99","quantity":1}]`})
	if err != nil {
		t.Fatal(err)
	}
	if e.ID != event.DerivedID(event.OrdersStream, "7") || uuid.Validate(e.ID) != nil {
		t.Errorf("event id %q", e.ID)
	}
	if other := event.DerivedID(event.InventoryStream, "7"); other == e.ID {
		t.Error("two streams give the same id")
	}
}

func TestParseOrderPlacedRefuses(t *testing.T) {
	t.Parallel()
	good := event.OrderPlaced{Envelope: envelope(), OrderID: 42, Lines: []event.OrderLine{{ProductID: 1, Quantity: 1}}}.Fields()
	many := "["
	for i := range event.MaxLines + 1 {
		many += fmt.Sprintf(`{"product_id":%d,"quantity":1},`, i+1)
	}
	for name, values := range map[string][]string{
		"order_id": {"", "0", "-1", "x", "1.5", "9223372036854775808"}, "event_id": {"x", "01a2063b-ec71-744d-ade1-64ee75d0260"},
		"user_id": {"-1", "x"}, "replay_count": {"-1", "2147483648"}, "occurred_at": {"yesterday"},
		"products": {
			"", "{}", "[]", "[", `[{"product_id":1}]`, `[{"product_id":1,"quantity":0}]`, `[{"product_id":1,"quantity":-5}]`,
			`[{"product_id":1,"quantity":1001}]`, `[{"product_id":0,"quantity":1}]`, `[{"product_id":1,"quantity":2,"Quantity":-5}]`,
			`[{"product_id":1,"quantity":1},{"product_id":1,"quantity":1}]`, `[{"product_id":1,"quantity":1.5}]`, many[:len(many)-1] + "]",
		},
	} {
		for _, value := range values {
			fields := maps.Clone(good)
			fields[name] = value
			if name == "event_id" && value == "" {
				continue
			}
			if e, err := event.ParseOrderPlaced(fields); err == nil {
				t.Errorf("%s = %.60q is taken: %+v", name, value, e)
			}
		}
	}
}
