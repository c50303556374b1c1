package orders_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/stream"
	"mercato/shared/platform/streamtest"
)

func (b bundle) timeline(t testing.TB, id int64) (standing string) {
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
	ids := b.bulk(t, 3, time.Hour)
	first, refusal := completed(ids[0]), failed(ids[1])
	b.decide(t, first, first, refusal)
	again := failed(ids[1]) // under another name
	again.Reason = event.ProductGone
	b.decide(t, refusal, completed(ids[0]), again, first)
	for i, want := range []string{"PENDING ;COMPLETED ;", "PENDING ;FAILED out_of_stock;", "PENDING ;"} {
		if got := b.timeline(t, ids[i]); got != want {
			t.Errorf("order %d: %s, want %s", i, got, want)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM orders.inbox`); n != 4+2 {
		t.Errorf("%d events in the inbox, want 4 decisions and 2 products", n)
	}
	if n := b.count(t, `SELECT count(*) FROM ops.audit`); n != 0 {
		t.Errorf("%d audit rows of what is in order", n)
	}
	b.sound(t)
}

// TestDecidedImpossible: of an answer that cannot be, a row is written, and what it took comes back.
func TestDecidedImpossible(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.bulk(t, 4, time.Hour)
	const nobodys, refused = 999_998, 999_999
	other := completed(ids[2])
	other.Lines = event.Digest([]event.OrderLine{{ProductID: pen, Quantity: 2}})
	contradiction, traced := failed(ids[0]), completed(nobodys)
	contradiction.CorrelationID, traced.CorrelationID, traced.Traceparent = "why", "stray", "00-trace"
	b.decide(t, completed(ids[0]), failed(ids[1]), contradiction, completed(ids[1]), other, completed(ids[3]), traced, traced, failed(refused))
	for i, want := range []string{"PENDING ;COMPLETED ;CANCELLED mismatch;", "PENDING ;FAILED out_of_stock;", "PENDING ;CANCELLED mismatch;", "PENDING ;COMPLETED ;"} {
		if got := b.timeline(t, ids[i]); got != want {
			t.Errorf("order %d: %s, want %s", i, got, want)
		}
	}
	audits := b.texts(t, `SELECT actor || ' ' || action || ' ' || target FROM ops.audit ORDER BY id`)
	want := []string{
		fmt.Sprintf("orders answer_contradicts order:%d", ids[0]), fmt.Sprintf("orders answer_contradicts order:%d", ids[1]),
		fmt.Sprintf("orders answer_of_other_lines order:%d", ids[2]),
		fmt.Sprintf("orders answer_without_order order:%d", nobodys), fmt.Sprintf("orders answer_without_order order:%d", refused),
	}
	if diff := cmp.Diff(want, audits); diff != "" {
		t.Error(diff)
	}
	var recalled []int64
	for _, e := range b.recalls(t) {
		recalled = append(recalled, e.OrderID)
		if e.OrderID == nobodys && (e.CorrelationID != "stray" || e.Traceparent != "00-trace") {
			t.Errorf("the event's envelope is %+v", e.Envelope)
		}
	}
	if diff := cmp.Diff([]int64{ids[0], ids[1], ids[2], nobodys}, recalled); diff != "" {
		t.Error(diff)
	}
	if n := b.count(t, `SELECT count(*) FROM orders.order_events e WHERE e.status = 'CANCELLED' AND e.correlation_id = 'why'`); n != 1 {
		t.Error("the timeline does not name the answer's correlation id")
	}
	before := b.count(t, `SELECT count(*) FROM orders.outbox`)
	b.decide(t, completed(ids[0]), failed(ids[0]), completed(ids[2])) // they are cancelled: their OrderCancelled is certain
	if after := b.count(t, `SELECT count(*) FROM orders.outbox`); after != before {
		t.Errorf("%d rows in the outbox, %d before", after, before)
	}
}

func (b bundle) texts(t testing.TB, query string) []string {
	t.Helper()
	rows, err := b.app.DB.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// recalls reads what the stream says of orders that were taken back; the outbox must say the same.
func (b bundle) recalls(t testing.TB) (list []event.OrderCancelled) {
	t.Helper()
	for _, entry := range streamtest.Entries(t, b.app.Redis, event.CancellationsStream) {
		fields := map[string]string{}
		for k, v := range entry {
			fields[k], _ = v.(string)
		}
		e, err := event.ParseOrderCancelled(fields)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
		if n := b.count(t, `SELECT count(*) FROM orders.outbox x WHERE x.event_id = $1 AND x.stream = $2 AND x.fields ->> 'order_id' = $3`,
			e.ID, event.CancellationsStream, fmt.Sprint(e.OrderID)); n != 1 {
			t.Errorf("event %s of order %d is not in the outbox", e.ID, e.OrderID)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM orders.outbox x WHERE x.stream = $1`, event.CancellationsStream); n != len(list) {
		t.Errorf("%d are on the stream, %d in the outbox", len(list), n)
	}
	return list
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

func TestValid(t *testing.T) {
	t.Parallel()
	good := map[string]map[string]string{
		event.InventoryStream: event.OrderDecided{Envelope: event.Envelope{ID: uuid.NewString()}, OrderID: 1, Status: event.Failed}.Fields(),
		event.ProductsStream:  product(1, 1, "1.00", 1).Fields(),
	}
	bad := map[string]map[string][]string{
		event.InventoryStream: {
			"order_id": {"-1", "0", "x", ""}, "status": {"DONE", "PENDING", ""}, "reason": {"whim"},
			"changes": {
				`[{"product_id":1,"price":"1.00","version":2147483648}]`, `[{"product_id":0,"price":"1.00","version":1}]`,
				`[{"product_id":1,"price":"1.00","version":1,"available":-1}]`, `[{"product_id":1,"price":"1.00","version":1,"available":2147483648}]`,
				`[{"product_id":1,"price":"x","version":1}]`, `[{"product_id":1,"price":"-1.00","version":1}]`, `{}`, `[`,
			}, "event_id": {"7"}, "user_id": {"x"},
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

// TestDecidedReplayed: an answer that was buried changes nothing until it is replayed, and then once; the replay of one
// whose order has expired in the meantime changes nothing.
func TestDecidedReplayed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.bulk(t, 2, time.Hour)
	first, second := completed(ids[0]), completed(ids[1])
	for _, d := range []event.OrderDecided{first, second} {
		b.exec(t, `INSERT INTO orders.inbox (event_id, buried) VALUES ($1, 0)`, d.ID)
		b.exec(t, `INSERT INTO ops.dead_letters (event_id, reader, stream, error_code, error, attempts, due_at, envelope)
			VALUES ($1, 'orders', 'inventory_stream', 'failed', 'it failed', 5, now(), '{}')`, d.ID)
	}
	b.exec(t, `UPDATE orders.orders o SET deadline = now() WHERE o.id = $1`, ids[1])
	b.decide(t, first, second) // copies of what is buried
	b.chore(t, event.InventoryStream)
	for replays := range 3 {
		first.Replays, second.Replays = replays, replays
		b.decide(t, first, second, first)
	}
	for i, want := range []string{"PENDING ;COMPLETED ;", "PENDING ;EXPIRED no_answer;"} {
		if got := b.timeline(t, ids[i]); got != want {
			t.Errorf("order %d: %s, want %s", i, got, want)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM ops.dead_letters d WHERE d.state = 'resolved'`); n != 2 {
		t.Errorf("%d of 2 dead letters are resolved", n)
	}
	b.sound(t)
}
