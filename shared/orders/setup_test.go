package orders_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	cancel        *apitest.Client
	sales         *apitest.Client
	service       *orders.Service
}

// The products of every bundle.
const (
	laptop = 1 // 999.99
	pen    = 2 // 1.50
)

func setup(t testing.TB) bundle {
	t.Helper()
	return open(t, nil)
}

// open is setup with other variables.
func open(t testing.TB, variables map[string]string) bundle {
	t.Helper()
	b := bundle{app: apitest.New(t, variables)}
	b.seller, _ = b.app.SignUp(t, "seller", session.RoleUser)
	b.buyer, b.cookie = b.app.SignUp(t, "buyer", session.RoleUser)
	b.create, b.get, b.list = b.app.Open(t, orders.Create), b.app.Open(t, orders.Get), b.app.Open(t, orders.List)
	b.cancel, b.sales = b.app.Open(t, orders.Cancel), b.app.Open(t, orders.Sales)
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

// scale is how often a test does a thing: more often with TEST_SCALE=full.
func scale(usual, full int) int {
	if os.Getenv("TEST_SCALE") == "full" {
		return full
	}
	return usual
}

// apply hands entries that come now to what orders-consume does with a stream.
func (b bundle) apply(t testing.TB, name string, fields ...map[string]string) {
	t.Helper()
	var entries []stream.Entry
	for _, f := range fields {
		entries = append(entries, entry(name, time.Now(), f))
	}
	b.read(t, name, entries...)
}

// entry is one that came at a moment.
func entry(name string, at time.Time, fields map[string]string) stream.Entry {
	return stream.Entry{ID: fmt.Sprintf("%d-0", at.UnixMilli()), Stream: name, Fields: fields}
}

// read hands entries of a stream to what orders-consume does with it, in one batch.
func (b bundle) read(t testing.TB, name string, entries ...stream.Entry) {
	t.Helper()
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

func (b bundle) catalogue(t testing.TB, products ...event.ProductChanged) {
	t.Helper()
	for _, p := range products {
		b.apply(t, event.ProductsStream, p.Fields())
	}
}

func (b bundle) decide(t testing.TB, decisions ...event.OrderDecided) {
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
func (b bundle) place(t testing.TB, body string) orders.CreateResponse {
	t.Helper()
	a := b.create.Do(t, apitest.Request{Body: body, Cookie: b.cookie})
	if a.Status != http.StatusCreated {
		t.Fatalf("place %s: %d %s", body, a.Status, a.Body)
	}
	var r orders.CreateResponse
	a.Into(t, &r)
	return r
}

func (b bundle) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := b.app.DB.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// exec arranges as the owner.
func (b bundle) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := b.app.DB.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// onePen is the digest of the lines of every order of bulk.
var onePen = event.Digest([]event.OrderLine{{ProductID: pen, Quantity: 1}})

// bulk writes n pending orders of one pen each, whose deadline is so far away.
func (b bundle) bulk(t testing.TB, n int, deadline time.Duration) (ids []int64) {
	t.Helper()
	rows, err := b.app.DB.Query(t.Context(), `WITH o AS (
			INSERT INTO orders.orders (user_id, username, status, total_price, item_count, deadline, lines)
			SELECT $1, $2, 'PENDING', 1.50, 1, now() + $3::interval, $4 FROM generate_series(1, $5) RETURNING id),
		i AS (INSERT INTO orders.order_items (order_id, product_id, seller_id, name, price, quantity)
			SELECT o.id, $6, $7, 'pen', 1.50, 1 FROM o),
		e AS (INSERT INTO orders.order_events (order_id, status, correlation_id) SELECT o.id, 'PENDING', 'placing-' || o.id FROM o)
		SELECT o.id FROM o ORDER BY o.id`, b.buyer.UserID, b.buyer.Username, deadline, onePen, n, pen, b.seller.UserID)
	if err == nil {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	}
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// completed is products' true answer to an order of bulk.
func completed(id int64) event.OrderDecided {
	return event.OrderDecided{Envelope: event.Envelope{ID: uuid.NewString()}, OrderID: id, Status: event.Completed, Lines: onePen}
}

// failed is its other true answer.
func failed(id int64) event.OrderDecided {
	return event.OrderDecided{Envelope: event.Envelope{ID: uuid.NewString()}, OrderID: id, Status: event.Failed, Reason: event.OutOfStock}
}

// chore does once what orders-consume does beside reading; after is the stream that it waits for.
func (b bundle) chore(t testing.TB, after string) {
	t.Helper()
	for _, c := range orders.Consume.Chores {
		if c.After == after {
			if err := c.Do(b.service, context.Background()); err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Errorf("no chore after %q", after)
}

// sound holds every order against the rules: its timeline follows the table and ends where it stands, no status comes
// twice, and OrderCancelled was written once for those that were taken back, never for others.
func (b bundle) sound(t testing.TB) {
	t.Helper()
	rows, err := b.app.DB.Query(t.Context(), `WITH
			e AS (SELECT e.order_id, string_agg(e.status || ' ' || e.reason, ';' ORDER BY e.id) timeline FROM orders.order_events e GROUP BY 1),
			x AS (SELECT x.fields ->> 'order_id' order_id, count(*) recalls FROM orders.outbox x WHERE x.stream = 'order_cancellations_stream' GROUP BY 1)
		SELECT o.id, o.status || ' ' || o.reason, e.timeline, coalesce(x.recalls, 0) FROM orders.orders o
		JOIN e ON e.order_id = o.id LEFT JOIN x ON x.order_id = o.id::text
		WHERE timeline NOT LIKE '%' || o.status || ' ' || o.reason OR coalesce(recalls, 0) <> (o.status IN ('CANCELLED', 'EXPIRED'))::int
			OR timeline !~ '^PENDING (;COMPLETED (;CANCELLED (buyer|mismatch))?|;FAILED [a-z_]+|;EXPIRED no_answer|;CANCELLED (buyer|mismatch))?$'`)
	if err != nil {
		t.Fatal(err)
	}
	var id, recalls int64
	var stands, timeline string
	if _, err := pgx.ForEachRow(rows, []any{&id, &stands, &timeline, &recalls}, func() error {
		t.Errorf("order %d stands at %s, was %s, and was taken back %d times", id, stands, timeline, recalls)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
