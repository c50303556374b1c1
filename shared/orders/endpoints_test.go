package orders_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
	"mercato/shared/platform/streamtest"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.place(t, `{"total_price":1001.49,"status":"COMPLETED","items":[{"product_id":1,"price":"999.99","quantity":1},{"product_id":2,"price":1.5,"quantity":1}]}`)
	if r.Status != orders.Pending || r.ItemCount != 2 || r.TotalPrice != 100149 {
		t.Errorf("answer %+v", r)
	}
	entries := streamtest.Entries(t, b.app.Redis, event.OrdersStream)
	if len(entries) != 1 {
		t.Fatalf("%d entries on the stream, want 1 at once", len(entries))
	}
	fields := map[string]string{}
	for k, v := range entries[0] {
		fields[k], _ = v.(string)
	}
	placed, err := event.ParseOrderPlaced(fields)
	if err != nil || placed.OrderID != r.OrderID || placed.UserID != b.buyer.UserID || placed.CorrelationID == "" || placed.Traceparent != "" {
		t.Errorf("event %+v, %v", placed, err)
	}
	want := []event.OrderLine{{ProductID: laptop, Price: "999.99", Quantity: 1}, {ProductID: pen, Price: "1.50", Quantity: 1}}
	if diff := cmp.Diff(want, placed.Lines); diff != "" {
		t.Error(diff)
	}
	if n := b.count(t, `SELECT count(*) FROM orders.outbox`); n != 1 {
		t.Errorf("%d rows in the outbox, want 1: nobody has confirmed it", n)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.catalogue(t, product(3, 1, "5.00", b.buyer.UserID))
	gone := product(4, 2, "5.00", b.seller.UserID)
	gone.Archived = true
	b.catalogue(t, gone, product(5, 1, "999999.99", b.seller.UserID))
	line := func(fields string) string { return `{"items":[{` + fields + `}]}` }
	for name, c := range map[string]struct {
		body        string
		status      int
		code, where string
	}{
		"no items":           {`{"items":[]}`, 422, "invalid", "body.items"},
		"no body fields":     {`{}`, 422, "invalid", "body.items"},
		"zero":               {line(`"product_id":1,"quantity":0`), 422, "invalid", "body.items[0].quantity"},
		"negative":           {line(`"product_id":1,"quantity":-1`), 422, "invalid", "body.items[0].quantity"},
		"both cases":         {line(`"product_id":1,"quantity":2,"Quantity":-5`), 400, "malformed", "body.items[0].Quantity"},
		"fraction":           {line(`"product_id":1,"quantity":1.5`), 422, "invalid", "body.items[0].quantity"},
		"huge":               {line(`"product_id":1,"quantity":1001`), 422, "invalid", "body.items[0].quantity"},
		"beyond int64":       {line(`"product_id":1,"quantity":9223372036854775808`), 422, "invalid", "body.items[0].quantity"},
		"duplicate":          {`{"items":[{"product_id":1,"quantity":1},{"product_id":1,"quantity":1}]}`, 422, "invalid", "body.items[1].product_id"},
		"text":               {line(`"product_id":1,"quantity":"1"`), 422, "invalid", "body.items[0].quantity"},
		"unknown field":      {line(`"product_id":1,"quantity":1,"seller_id":7`), 400, "malformed", "body.items[0].seller_id"},
		"own product":        {line(`"product_id":3,"quantity":1`), 422, "invalid", "body.items[0].product_id"},
		"archived":           {line(`"product_id":4,"quantity":1`), 422, "invalid", "body.items[0].product_id"},
		"unknown product":    {line(`"product_id":99,"quantity":1`), 409, "catalog_behind", ""},
		"too much money":     {line(`"product_id":5,"quantity":1000`), 422, "invalid", "body.items"},
		"bad price":          {line(`"product_id":1,"quantity":1,"price":"1.234"`), 422, "invalid", "body.items[0].price"},
		"negative price":     {line(`"product_id":1,"quantity":1,"price":-1`), 422, "invalid", "body.items[0].price"},
		"wrong total":        {`{"total_price":1,"items":[{"product_id":1,"quantity":1,"price":"999.99"}]}`, 422, "invalid", "body.total_price"},
		"other price":        {line(`"product_id":1,"quantity":1,"price":"1.00"`), 409, "price_changed", ""},
		"body over 64 kB":    {`{"items":[` + strings.Repeat(" ", 65<<10) + `]}`, 413, "", ""},
		"101 lines":          {`{"items":[` + strings.Repeat(`{"product_id":1,"quantity":1},`, 100) + `{"product_id":1,"quantity":1}]}`, 422, "invalid", "body.items"},
		"infinite price":     {line(`"product_id":1,"quantity":1,"price":1e999`), 422, "invalid", "body.items[0].price"},
		"total of no number": {`{"total_price":{},"items":[{"product_id":1,"quantity":1}]}`, 422, "invalid", "body.total_price"},
	} {
		t.Run(name, func(t *testing.T) {
			a := b.create.Do(t, apitest.Request{Body: c.body, Cookie: b.cookie, Header: http.Header{"Idempotency-Key": {"0123456789abcdef"}}})
			var p struct {
				Code   string
				Errors []struct{ Location string }
			}
			a.Into(t, &p)
			if a.Status != c.status || (c.code != "" && p.Code != c.code) || (c.where != "" && (len(p.Errors) == 0 || p.Errors[0].Location != c.where)) {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
		})
	}
	for _, table := range []string{"orders", "order_items", "order_events", "outbox", "idempotency"} {
		if n := b.count(t, `SELECT count(*) FROM orders.`+table); n != 0 {
			t.Errorf("%d rows in %s after refusals only", n, table)
		}
	}
}

func TestCreatePriceChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.create.Do(t, apitest.Request{Body: `{"items":[{"product_id":1,"price":"1.00","quantity":1},{"product_id":2,"quantity":1}]}`, Cookie: b.cookie})
	var p struct{ Changes json.RawMessage }
	a.Into(t, &p)
	if got := string(p.Changes); a.Status != 409 || got != `[{"product_id":1,"expected":"1.00","actual":"999.99"}]` && got != `[{"actual":"999.99","expected":"1.00","product_id":1}]` {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":2}]}`).OrderID
	path := fmt.Sprintf("/api/orders/%d", id)
	_, moderator := b.app.SignUp(t, "moderator", session.RoleModerator)
	_, stranger := b.app.SignUp(t, "stranger", session.RoleUser)
	for name, c := range map[string]struct {
		path   string
		cookie *http.Cookie
		status int
	}{
		"owner":      {path, b.cookie, 200},
		"moderator":  {path, moderator, 200},
		"stranger":   {path, stranger, 404},
		"nobody":     {path, nil, 401},
		"absent":     {"/api/orders/999999", b.cookie, 404},
		"no number":  {"/api/orders/x", b.cookie, 400},
		"percent zz": {"/api/orders/%25zz", b.cookie, 400},
		"too large":  {"/api/orders/9223372036854775808", b.cookie, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := b.get.Do(t, apitest.Request{Path: c.path, Cookie: c.cookie})
			if a.Status != c.status {
				t.Errorf("%d %s, want %d", a.Status, a.Body, c.status)
			}
		})
	}
	var got orders.GetResponse
	b.get.Do(t, apitest.Request{Path: path, Cookie: b.cookie}).Into(t, &got)
	wantItems := []orders.ItemView{{ProductID: laptop, Name: "thing", Price: 99999, Quantity: 2, SellerID: b.seller.UserID}}
	if diff := cmp.Diff(wantItems, got.Items); diff != "" || len(got.Timeline) != 1 || got.Timeline[0].Status != orders.Pending {
		t.Errorf("%s timeline %+v", diff, got.Timeline)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var placed []int64
	for range 5 {
		placed = append(placed, b.place(t, `{"items":[{"product_id":2,"quantity":1}]}`).OrderID)
	}
	b.decide(t, event.OrderDecided{OrderID: placed[1], Status: event.Completed})
	var seen []int64
	for path := "/api/orders?limit=2"; path != ""; {
		a := b.list.Do(t, apitest.Request{Path: path, Cookie: b.cookie})
		var page []orders.OrderView
		a.Into(t, &page)
		for _, o := range page {
			seen = append(seen, o.ID)
		}
		link, _, _ := strings.Cut(a.Header.Get("Link"), ">")
		path = strings.TrimPrefix(link, "<")
	}
	want := []int64{placed[4], placed[3], placed[2], placed[1], placed[0]}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	var completed []orders.OrderView
	b.list.Do(t, apitest.Request{Path: "/api/orders?status=COMPLETED", Cookie: b.cookie}).Into(t, &completed)
	if len(completed) != 1 || completed[0].ID != placed[1] {
		t.Errorf("completed: %+v", completed)
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=%21", "cursor=LTE", "status=DONE", "sort=new"} {
		if a := b.list.Do(t, apitest.Request{Path: "/api/orders?" + query, Cookie: b.cookie}); a.Status != 400 {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
}
