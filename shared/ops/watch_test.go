package ops_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform/apitest"
)

func TestListStreams(t *testing.T) {
	t.Parallel()
	d := setup(t)
	c := d.operator(t)
	look := func() (streams []ops.StreamView) {
		t.Helper()
		answer := c.do(t, ops.ListStreams, "", nil)
		if answer.Status != 200 {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		answer.Into(t, &streams)
		return streams
	}
	fresh := look()
	if len(fresh) != len(event.Streams()) || fresh[0].Stream != event.OrdersStream || fresh[0].Length != 0 || fresh[0].Groups == nil {
		t.Errorf("%+v", fresh)
	}
	arrangeBacklog(t, d.App)
	late := look()
	want := ops.ReaderView{Group: "products", Lag: 1, Pending: 2, Consumers: 1}
	if s := late[0]; s.Length != 3 || len(s.Groups) != 1 {
		t.Fatalf("%+v", s)
	}
	got := late[0].Groups[0]
	if got.OldestPendingMS < 0 {
		t.Errorf("%+v", got)
	}
	if got.OldestPendingMS = 0; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	// An entry of long ago that was read and not finished.
	ctx := t.Context()
	pipe := d.Redis.Pipeline()
	pipe.XAdd(ctx, &redis.XAddArgs{Stream: event.CancellationsStream, ID: "1000-0", Values: []string{"order_id", "1"}})
	pipe.XGroupCreate(ctx, event.CancellationsStream, "products", "0")
	pipe.XReadGroup(ctx, &redis.XReadGroupArgs{Group: "products", Consumer: "c", Streams: []string{event.CancellationsStream, ">"}, Block: -1})
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatal(err)
	}
	const years = 50 * 365 * 24 * 3600 * 1000 // since 1970, in ms
	if g := look()[1].Groups[0]; g.OldestPendingMS < years || g.Pending != 1 {
		t.Errorf("%+v", g)
	}
	// What is there under a stream's name and is no stream is somebody's mistake, not an outage.
	d.Redis.Set(ctx, event.ProductsStream, "x", 0)
	if streams := look(); streams[3].Length != 0 || len(streams[3].Groups) != 0 {
		t.Errorf("%+v", streams[3])
	}
}

func TestListStreamsOutage(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, map[string]string{"REDIS_URL": "redis://127.0.0.1:1"})
	c := (&desk{App: app}).operator(t)
	isProblem(t, c.do(t, ops.ListStreams, "", nil), 503, "unavailable")
}

func TestListAudit(t *testing.T) {
	t.Parallel()
	d := setup(t)
	c := d.operator(t)
	list := func(query string) (deeds []ops.DeedView, link string) {
		t.Helper()
		answer := c.do(t, ops.ListAudit, "/api/ops/audit"+query, nil)
		if answer.Status != 200 {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		answer.Into(t, &deeds)
		return deeds, answer.Header.Get("Link")
	}
	if got, link := list(""); got == nil || len(got) != 0 || link != "" {
		t.Errorf("%v %s", got, link)
	}
	for i := range 5 {
		if _, err := d.reader.Exec(t.Context(), `SELECT ops.audit('answer.unknown', $1, $2)`, "order:"+strconv.Itoa(i%2), "reason "+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	got, link := list("?limit=2")
	if len(got) != 2 || got[0].Reason != "reason 4" || got[0].Actor != "products" || got[0].Action != "answer.unknown" || got[0].Target != "order:0" || got[0].At.IsZero() {
		t.Errorf("%+v", got)
	}
	_, rest, _ := strings.Cut(strings.TrimSuffix(link, `>; rel="next"`), "</api/ops/audit")
	if got, _ := list(rest); len(got) != 2 || got[0].Reason != "reason 2" {
		t.Errorf("%+v after %s", got, link)
	}
	if got, _ := list("?target=order:1"); len(got) != 2 || got[0].Reason != "reason 3" || got[1].Reason != "reason 1" {
		t.Errorf("%+v", got)
	}
}

// TestAuditFor: a domain writes down what a user has done by hand; nobody else does.
func TestAuditFor(t *testing.T) {
	t.Parallel()
	d := setup(t)
	const deed = `SELECT ops.audit_for($1, 'catalog.rebuild', 'catalog', 'for the test')`
	if _, err := d.reader.Exec(t.Context(), deed, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := d.reader.Exec(t.Context(), deed, nil); err == nil {
		t.Error("nobody has done something")
	}
	if _, err := d.Env(t).Postgres("auth").Exec(t.Context(), deed, 3); err == nil {
		t.Error("auth may do it")
	}
	var deeds []ops.DeedView
	d.operator(t).do(t, ops.ListAudit, "", nil).Into(t, &deeds)
	if len(deeds) != 1 || deeds[0].Actor != "user:3" || deeds[0].Action != "catalog.rebuild" || deeds[0].Target != "catalog" || deeds[0].Reason != "for the test" {
		t.Errorf("%+v", deeds)
	}
}

func TestOrderStory(t *testing.T) {
	t.Parallel()
	d := setup(t)
	c := d.operator(t)
	tell := func(order string) (got ops.StoryResponse) {
		t.Helper()
		answer := c.do(t, ops.OrderStory, "/api/ops/orders/"+order, nil)
		if answer.Status != 200 {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		answer.Into(t, &got)
		return got
	}
	isProblem(t, c.do(t, ops.OrderStory, "/api/ops/orders/7", nil), 404, "not_found")
	d.exec(t, `INSERT INTO orders.orders (id, user_id, username, status, total_price, item_count, deadline) OVERRIDING SYSTEM VALUE
		VALUES (7, 1, 'buyer', 'PENDING', 1.50, 1, now()), (9007199254740993, 1, 'buyer', 'PENDING', 1.50, 1, now())`)
	d.exec(t, `INSERT INTO orders.order_events (order_id, status, correlation_id) VALUES (7, 'PENDING', 'the-correlation')`)
	got := tell("7")
	var order struct {
		ID         json.Number
		Status     string
		TotalPrice string `json:"total_price"`
		Timeline   []struct {
			CorrelationID string `json:"correlation_id"`
		}
	}
	if got.Order == nil || json.Unmarshal(*got.Order, &order) != nil || order.ID != "7" || order.Status != "PENDING" || order.TotalPrice != "1.50" ||
		len(order.Timeline) != 1 || order.Timeline[0].CorrelationID != "the-correlation" {
		t.Errorf("%+v", order)
	}
	if got.Products != nil || got.DeadLetters == nil || len(got.DeadLetters) != 0 || got.Audit == nil || len(got.Audit) != 0 {
		t.Errorf("%+v", got)
	}
	if got := tell("9007199254740993"); !strings.Contains(string(*got.Order), `9007199254740993`) {
		t.Errorf("the id is another one: %s", *got.Order)
	}
	// A letter, what was done to it, what was seen of the order, and what products did.
	id := d.bury(t, letter{order: 7}, letter{order: 70})[0]
	d.run(t, ops.ReplayRequest{IDs: []string{id}})
	if _, err := d.reader.Exec(t.Context(), `SELECT ops.audit('answer.unknown', 'order:7', ''), ops.audit('answer.unknown', 'order:70', '')`); err != nil {
		t.Fatal(err)
	}
	d.exec(t, `INSERT INTO products.decisions (order_id, event_id) VALUES (7, $1)`, uuid.NewString())
	got = tell("7")
	actions := []string{}
	for _, deed := range got.Audit {
		actions = append(actions, deed.Action)
	}
	if got.Products == nil || len(got.DeadLetters) != 1 || got.DeadLetters[0].EventID != id || !slices.Equal(actions, []string{"dlq.replay", "answer.unknown"}) {
		t.Errorf("%+v", got)
	}
	// An order that orders has never heard of has a story too.
	if got := tell("70"); got.Order != nil || len(got.DeadLetters) != 1 || len(got.Audit) != 1 {
		t.Errorf("%+v", got)
	}
}
