package orders_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
	"mercato/shared/platform/stream"
)

// bundle is a shop with a buyer, and a seller's two products in the catalogue.
type bundle struct {
	app           *apitest.App
	buyer, seller session.Caller
	cookie        *http.Cookie
	create        *apitest.Client
	get           *apitest.Client
	list          *apitest.Client
	service       *orders.Service
}

// The products of every bundle.
const (
	laptop = 1 // 999.99
	pen    = 2 // 1.50
)

func setup(t *testing.T) bundle {
	t.Helper()
	b := bundle{app: apitest.New(t, nil)}
	b.seller, _ = b.app.SignUp(t, "seller", session.RoleUser)
	b.buyer, b.cookie = b.app.SignUp(t, "buyer", session.RoleUser)
	b.create, b.get, b.list = b.app.Open(t, orders.Create), b.app.Open(t, orders.Get), b.app.Open(t, orders.List)
	b.service = orders.Consume.Open(b.app.Env(t))
	b.catalogue(t, product(laptop, 1, "999.99", b.seller.UserID), product(pen, 1, "1.50", b.seller.UserID))
	return b
}

func product(id int64, version int, price string, seller int64) event.ProductChanged {
	return event.ProductChanged{
		Envelope:  event.Envelope{ID: uuid.NewString()},
		ProductID: id, Version: version, Name: "thing", Price: price, SellerID: seller, Quantity: 10,
	}
}

// apply hands entries to what orders-consume does with a stream.
func (b bundle) apply(t *testing.T, name string, fields ...map[string]string) {
	t.Helper()
	var entries []stream.Entry
	for _, f := range fields {
		entries = append(entries, stream.Entry{ID: uuid.NewString(), Stream: name, Fields: f})
	}
	for _, r := range orders.Consume.Reads {
		if r.Stream != name {
			continue
		}
		for _, e := range entries {
			if err := r.Valid(e); err != nil {
				t.Fatalf("entry refused: %v", err)
			}
		}
		if err := r.Apply(b.service, context.Background(), entries); err != nil {
			t.Fatal(err)
		}
	}
}

func (b bundle) catalogue(t *testing.T, products ...event.ProductChanged) {
	t.Helper()
	for _, p := range products {
		b.apply(t, event.ProductsStream, p.Fields())
	}
}

func (b bundle) decide(t *testing.T, decisions ...event.OrderDecided) {
	t.Helper()
	var fields []map[string]string
	for _, d := range decisions {
		if d.ID == "" {
			d.ID = uuid.NewString()
		}
		fields = append(fields, d.Fields())
	}
	b.apply(t, event.InventoryStream, fields...)
}

// place places an order that must be accepted.
func (b bundle) place(t *testing.T, body string) orders.CreateResponse {
	t.Helper()
	a := b.create.Do(t, apitest.Request{Body: body, Cookie: b.cookie})
	if a.Status != http.StatusCreated {
		t.Fatalf("place %s: %d %s", body, a.Status, a.Body)
	}
	var r orders.CreateResponse
	a.Into(t, &r)
	return r
}

func (b bundle) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := b.app.DB.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
