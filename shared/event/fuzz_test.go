package event_test

import (
	"testing"

	"mercato/shared/event"
)

// reads holds a decoder to what it accepts: written again, it is read as the same.
func reads[E interface{ Fields() map[string]string }](t *testing.T, fields map[string]string, parse func(map[string]string) (E, error)) (e E, ok bool) {
	t.Helper()
	e, err := parse(fields)
	if err == nil {
		same(t, e, parse)
	}
	return e, err == nil
}

func FuzzParseEnvelope(f *testing.F) {
	f.Add("01a2063b-ec71-744d-ade1-64ee75d0260d", "c", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "7", "2026-11-23T01:02:03Z", "1")
	f.Add("01A2063B-EC71-744D-ADE1-64EE75D0260D", "\x00", "\xff", "-1", "9999-12-31T23:59:59-12:00", "1000001")
	f.Add("", "", "", "", "0000-01-01T00:00:00+12:00", "+1")
	f.Fuzz(func(t *testing.T, id, correlation, trace, user, at, replays string) {
		e, ok := reads(t, map[string]string{
			"order_id": "7", "event_id": id, "correlation_id": correlation, "traceparent": trace, "user_id": user, "occurred_at": at, "replay_count": replays,
		}, event.ParseOrderCancelled)
		if ok && (len(e.ID) != 36 || e.UserID < 0 || e.Replays < 0) {
			t.Errorf("%+v", e)
		}
	})
}

func FuzzParseOrderPlaced(f *testing.F) {
	f.Add("7", `[{"product_id":1,"price":"999.99","quantity":1}]`)
	f.Add("-7", `[{"product_id":1,"quantity":1,"Quantity":-1}]`)
	f.Add("07", `[{"product_id":1,"price":"\ud800","quantity":1000},{"product_id":2,"quantity":1}]`)
	f.Fuzz(func(t *testing.T, id, products string) {
		e, ok := reads(t, map[string]string{"order_id": id, "products": products}, event.ParseOrderPlaced)
		for _, l := range e.Lines {
			if ok && (l.Quantity < 1 || l.Quantity > event.MaxQuantity || l.ProductID < 1) {
				t.Errorf("line %+v", l)
			}
		}
	})
}

func FuzzParseOrderCancelled(f *testing.F) {
	f.Add("7", "")
	f.Add("9223372036854775808", "x")
	f.Fuzz(func(t *testing.T, id, eventID string) {
		if e, ok := reads(t, map[string]string{"order_id": id, "event_id": eventID}, event.ParseOrderCancelled); ok && e.OrderID < 1 {
			t.Errorf("order %d", e.OrderID)
		}
	})
}

func FuzzParseOrderDecided(f *testing.F) {
	f.Add("7", "COMPLETED", "", "a9", "[]", "")
	f.Add("7", "FAILED", "price_changed", "\x00", `[{"product_id":1,"price":"1.00","version":3,"available":5}]`, "e")
	f.Add("7", "FAILED", "", "", "null", "\xff")
	f.Fuzz(func(t *testing.T, id, status, reason, lines, changes, reply string) {
		e, ok := reads(t, map[string]string{
			"order_id": id, "status": status, "reason": reason, "lines": lines, "changes": changes, "in_reply_to": reply,
		}, event.ParseOrderDecided)
		if ok && (e.Status == event.Failed) != (e.Reason != "") {
			t.Errorf("decision %+v", e)
		}
	})
}

func FuzzParseProductChanged(f *testing.F) {
	f.Add("7", "1", "Laptop", "999.99", "9", "5", "true")
	f.Add("7", "2147483648", "\x00", "", "0", "-1", "T")
	f.Fuzz(func(t *testing.T, id, version, name, price, seller, quantity, archived string) {
		e, ok := reads(t, map[string]string{
			"product_id": id, "version": version, "name": name, "price": price, "seller_id": seller, "quantity": quantity, "archived": archived,
		}, event.ParseProductChanged)
		if ok && (e.ProductID < 1 || e.Version < 1 || e.Quantity < 0 || e.Name == "") {
			t.Errorf("%+v", e)
		}
	})
}
