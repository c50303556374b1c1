package products_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/platform/session"
	"mercato/shared/products"
)

// Every product has its event in the outbox, due at once, with what it is now; a batch has 1,000 at most.
func TestRebuild(t *testing.T) {
	t.Parallel()
	s := open(t)
	operator, cookie := s.SignUp(t, "olga", session.RoleOperator)
	s.cookies["olga"] = cookie
	lamp, gone := s.list(t, "anna", `La"mp ünï`, "19.90", 7), s.list(t, "anna", "Desk", "5.00", 1)
	s.stock(t, 5001, 3)
	apply(t, s.worker(t), []event.OrderPlaced{{OrderID: 1, Envelope: order(1).Envelope, Lines: []event.OrderLine{{ProductID: lamp.ID, Quantity: 2}}}})
	s.do(t, products.Delete, "anna", at(gone), nil)
	if _, err := s.DB.Exec(t.Context(), `DELETE FROM products.outbox`); err != nil {
		t.Fatal(err)
	}
	var told products.RebuildResponse
	if a := s.do(t, products.Rebuild, "olga", "", nil); a.Status != 202 {
		t.Fatalf("got %d %s", a.Status, a.Body)
	} else if a.Into(t, &told); told.Products != 5003 {
		t.Errorf("%d products are on their way, want 5003", told.Products)
	}
	if n := s.count(t, `SELECT count(DISTINCT p.id) FROM products.products p JOIN products.outbox o
			ON (o.fields ->> 'product_id')::bigint = p.id AND (o.fields ->> 'version')::int = p.version
				AND (o.fields ->> 'quantity')::int = p.quantity AND o.fields ->> 'event_id' = o.event_id::text
				AND (o.fields ->> 'archived')::bool = (p.archived_at IS NOT NULL)
			WHERE o.stream = 'products_stream' AND o.due_at <= now()`); n != 5003 {
		t.Errorf("%d products have their event, want 5003", n)
	}
	s.rebuilt(t, lamp, operator)
	if n := s.count(t, `SELECT count(*) FROM ops.audit a WHERE a.actor = $1 AND a.action = 'catalog.rebuild'
			AND a.target = 'catalog'`, fmt.Sprint("user:", operator.UserID)); n != 1 {
		t.Errorf("%d audit rows, want 1", n)
	}
}

// rebuilt holds an event against one that an edit would have sent.
func (s *shop) rebuilt(t *testing.T, p products.ProductView, operator session.Caller) {
	t.Helper()
	var fields map[string]string
	if err := s.DB.QueryRow(t.Context(), `SELECT o.fields FROM products.outbox o WHERE o.fields ->> 'product_id' = $1`, fmt.Sprint(p.ID)).Scan(&fields); err != nil {
		t.Fatal(err)
	}
	got, err := event.ParseProductChanged(fields)
	if err != nil {
		t.Fatal(err)
	}
	want := event.ProductChanged{
		Envelope:  event.Envelope{ID: got.ID, CorrelationID: got.CorrelationID, Traceparent: got.Traceparent, UserID: operator.UserID, OccurredAt: got.OccurredAt},
		ProductID: p.ID, Version: 2, Name: p.Name, Price: "19.90", SellerID: s.seller.UserID, Quantity: 5,
	}
	if !maps.Equal(fields, want.Fields()) || got.CorrelationID == "" || time.Since(got.OccurredAt) > time.Hour {
		t.Errorf("got %v, want %v", fields, want.Fields())
	}
}

func TestRebuildRefuses(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.list(t, "anna", "Lamp", "9.99", 1)
	before := s.snapshot(t)
	for who, want := range map[string]int{"": 401, "anna": 403, "mona": 403} {
		if a := s.do(t, products.Rebuild, who, "", nil); a.Status != want {
			t.Errorf("%q: got %d %s, want %d", who, a.Status, a.Body, want)
		}
	}
	if s.snapshot(t) != before || s.count(t, `SELECT count(*) FROM ops.audit`) != 0 {
		t.Error("a refused request changed something")
	}
}
