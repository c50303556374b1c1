package products_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/platform/api"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/telemetry"
	"mercato/shared/products"
)

func TestMain(m *testing.M) {
	telemetry.Setup(os.Stderr, "test", "error") // a line for every decided order is too much
	os.Exit(m.Run())
}

// shop is one test's, with everyone who may come to it.
type shop struct {
	*apitest.App

	seller, other, moderator session.Caller
	cookies                  map[string]*http.Cookie // by username; nobody has none
}

func open(t testing.TB) *shop {
	t.Helper()
	s := &shop{App: apitest.New(t, nil), cookies: map[string]*http.Cookie{}}
	s.seller, s.cookies["anna"] = s.SignUp(t, "anna", session.RoleUser)
	s.other, s.cookies["otto"] = s.SignUp(t, "otto", session.RoleUser)
	s.moderator, s.cookies["mona"] = s.SignUp(t, "mona", session.RoleModerator)
	return s
}

// do sends a request of a user to an endpoint.
func (s *shop) do(t testing.TB, o api.Operation, who, path string, body any, headers ...string) apitest.Answer {
	t.Helper()
	q := apitest.Request{Path: path, Body: body, Cookie: s.cookies[who], Header: http.Header{}}
	for pair := range slices.Chunk(headers, 2) {
		q.Header.Set(pair[0], pair[1])
	}
	return s.Open(t, o).Do(t, q)
}

// list puts a product up for sale over HTTP.
func (s *shop) list(t testing.TB, who, name, price string, quantity int) products.ProductView {
	t.Helper()
	body := map[string]any{"name": name, "price": price, "category": "Things", "quantity": quantity}
	answer := s.do(t, products.Create, who, "", body)
	if answer.Status != http.StatusCreated {
		t.Fatalf("listing: %d %s", answer.Status, answer.Body)
	}
	var r products.EditResponse
	answer.Into(t, &r)
	return r.Product
}

// stock puts n products of 9.99 straight into the tables and returns their ids.
func (s *shop) stock(t testing.TB, n, quantity int) []int64 {
	t.Helper()
	rows, err := s.DB.Query(t.Context(), `
		WITH made AS (
			INSERT INTO products.products (user_id, seller, name, category, price, quantity)
			SELECT $1, 'anna', 'product ' || i, 'Things', 9.99, $3 FROM generate_series(1, $2) i RETURNING id, quantity),
		opened AS (
			INSERT INTO products.stock_ledger (product_id, kind, delta) SELECT m.id, 'opening', m.quantity FROM made m)
		SELECT m.id FROM made m ORDER BY m.id`, s.seller.UserID, n, quantity)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return ids
}

// worker opens the subscription as its function would and returns what applies a batch of orders.
func (s *shop) worker(t testing.TB) func(ctx context.Context, orders ...event.OrderPlaced) error {
	t.Helper()
	place, _ := s.hands(t)
	return place
}

// hands opens the subscription as its function would and returns what applies a batch of orders, and one of
// cancellations.
func (s *shop) hands(t testing.TB) (place func(context.Context, ...event.OrderPlaced) error, cancel func(context.Context, ...event.OrderCancelled) error) {
	t.Helper()
	service, reads := products.Consume.Open(s.Env(t)), products.Consume.Reads
	return func(ctx context.Context, orders ...event.OrderPlaced) error {
			return applied(ctx, service, reads[0], orders)
		}, func(ctx context.Context, orders ...event.OrderCancelled) error {
			return applied(ctx, service, reads[1], orders)
		}
}

func applied[S any, E interface{ Fields() map[string]string }](ctx context.Context, service S, reads stream.Reads[S], events []E) error {
	batch := make([]stream.Entry, len(events))
	for i, e := range events {
		batch[i] = stream.Entry{ID: fmt.Sprintf("1-%d", i), Stream: reads.Stream, Fields: e.Fields()}
		if err := reads.Valid(batch[i]); err != nil {
			return err
		}
	}
	return reads.Apply(service, ctx, batch)
}

// order makes an order of lines: product, quantity, product, quantity ...
func order(id int64, lines ...int64) event.OrderPlaced {
	o := event.OrderPlaced{OrderID: id, Envelope: event.Envelope{ID: uuid.NewString(), CorrelationID: fmt.Sprintf("c-%d", id), UserID: 7}}
	for pair := range slices.Chunk(lines, 2) {
		o.Lines = append(o.Lines, event.OrderLine{ProductID: pair[0], Price: "9.99", Quantity: int(pair[1])})
	}
	return o
}

// cancellation takes an order back. Its event can be told from an order's in the tables.
func cancellation(id int64) event.OrderCancelled {
	return event.OrderCancelled{OrderID: id, Envelope: event.Envelope{ID: cancels + uuid.NewString()[len(cancels):]}}
}

// cancels begins the id of every cancellation.
const cancels = "cccccccc-"

// count returns the number that a query gives.
func (s *shop) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := s.DB.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// snapshot is everything that the domain holds.
func (s *shop) snapshot(t testing.TB) (all string) {
	t.Helper()
	for _, table := range []string{"products.products", "products.stock_ledger", "products.decisions", "products.inbox", "products.outbox", "ops.dead_letters"} {
		var rows string
		err := s.DB.QueryRow(t.Context(), `SELECT coalesce(json_agg(t ORDER BY t::text), '[]')::text FROM `+table+` t`).Scan(&rows)
		if err != nil {
			t.Fatal(err)
		}
		all += table + rows + "\n"
	}
	return all
}

// consistent fails the test when a rule that must always hold does not.
func (s *shop) consistent(t testing.TB) {
	t.Helper()
	for rule, broken := range map[string]string{
		"the ledger adds up": `SELECT count(*) FROM products.products p
			WHERE p.quantity <> (SELECT coalesce(sum(l.delta), 0) FROM products.stock_ledger l WHERE l.product_id = p.id)`,
		"no stock is below 0": `SELECT count(*) FROM products.products p WHERE p.quantity < 0`,
		"an order is answered once": `SELECT count(*) FROM (SELECT FROM products.outbox o WHERE o.stream = 'inventory_stream' AND o.fields ->> 'status' <> 'RELEASED'
			GROUP BY o.fields->>'order_id' HAVING count(*) > 1) t`,
		"what is decided is answered, but for a cancellation, and nothing else, but for what never was": `SELECT abs(
			(SELECT count(*) FROM products.decisions d WHERE d.event_id::text NOT LIKE '` + cancels + `%')
			- (SELECT count(*) FROM products.outbox o WHERE o.stream = 'inventory_stream' AND o.fields ->> 'status' <> 'RELEASED'
				AND o.fields ->> 'changes' NOT LIKE '%"version":0,%'))`,
		"what comes back was taken": `SELECT count(*) FROM products.stock_ledger l WHERE l.kind = 'release' AND NOT EXISTS (
			SELECT FROM products.stock_ledger r WHERE r.order_id = l.order_id AND r.product_id = l.product_id
				AND r.kind = 'reserve' AND r.delta = -l.delta)`,
		"an order gives back all or nothing": `SELECT count(*) FROM (SELECT FROM products.stock_ledger l WHERE l.order_id IS NOT NULL
			GROUP BY l.order_id HAVING sum(l.delta) <> 0 AND bool_or(l.kind = 'release')) t`,
		"what failed took nothing": `SELECT count(*) FROM products.stock_ledger l JOIN products.outbox o
			ON (o.fields->>'order_id')::bigint = l.order_id WHERE o.fields->>'status' = 'FAILED'`,
		"what lies buried is not decided": `SELECT count(*) FROM products.inbox i JOIN products.decisions d USING (event_id)
			WHERE i.buried IS NOT NULL`,
	} {
		if n := s.count(t, broken); n != 0 {
			t.Errorf("%s: not so for %d", rule, n)
		}
	}
}
