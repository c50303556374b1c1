package orders_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/money"
	"mercato/shared/platform/session"
)

func TestSales(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rival, rivals := b.app.SignUp(t, "rival", session.RoleUser)
	seller, cookie := b.app.SignUp(t, "shopkeeper", session.RoleUser)
	b.catalogue(t, product(3, 1, "5.00", seller.UserID), product(4, 1, "0.50", seller.UserID), product(5, 1, "7.00", rival.UserID))
	var placed []int64
	for _, body := range []string{
		`{"items":[{"product_id":3,"quantity":2}]}`,
		`{"items":[{"product_id":5,"quantity":1}]}`,
		`{"items":[{"product_id":4,"quantity":3},{"product_id":5,"quantity":1},{"product_id":3,"quantity":1}]}`,
		`{"items":[{"product_id":4,"quantity":1}]}`,
	} {
		placed = append(placed, b.place(t, body).OrderID)
	}
	b.decide(t, event.OrderDecided{OrderID: placed[0], Status: event.Completed})
	item := func(id int64, price money.Amount, quantity int) orders.ItemView {
		return orders.ItemView{ProductID: id, Name: "thing", Price: price, Quantity: quantity, SellerID: seller.UserID}
	}
	sale := func(id int64, status orders.Status, items ...orders.ItemView) orders.SaleView {
		v := orders.SaleView{OrderID: id, Status: status, Buyer: "buyer", Items: items}
		for _, i := range items {
			line, _ := i.Price.Times(i.Quantity)
			v.TotalPrice += line
		}
		return v
	}
	want := []orders.SaleView{
		sale(placed[3], orders.Pending, item(4, 50, 1)),
		sale(placed[2], orders.Pending, item(3, 500, 1), item(4, 50, 3)),
		sale(placed[0], orders.Completed, item(3, 500, 2)),
	}
	var got []orders.SaleView
	pages := 0
	for path := "/api/orders/sales?limit=2"; path != ""; pages++ {
		a := b.sales.Do(t, apitest.Request{Path: path, Cookie: cookie})
		var page []orders.SaleView
		a.Into(t, &page)
		got = append(got, page...)
		if bytes.Contains(a.Body, []byte("@")) || bytes.Contains(a.Body, []byte("user_id")) {
			t.Errorf("a seller learns of the buyer: %s", a.Body)
		}
		link, _, _ := strings.Cut(a.Header.Get("Link"), ">")
		path = strings.TrimPrefix(link, "<")
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(orders.SaleView{}, "CreatedAt")); diff != "" || pages != 2 {
		t.Errorf("%d pages: %s", pages, diff)
	}
	for query, n := range map[string]int{"?status=COMPLETED": 1, "?status=PENDING": 2, "?status=EXPIRED": 0, "?status=PENDING&limit=1": 1} {
		var page []orders.SaleView
		a := b.sales.Do(t, apitest.Request{Path: "/api/orders/sales" + query, Cookie: cookie})
		if a.Into(t, &page); len(page) != n {
			t.Errorf("%s: %s", query, a.Body)
		}
		if full := strings.Contains(query, "limit=1"); full != strings.Contains(a.Header.Get("Link"), "status=PENDING") {
			t.Errorf("%s: link %s", query, a.Header.Get("Link"))
		}
	}
	var theirs []orders.SaleView
	b.sales.Do(t, apitest.Request{Cookie: rivals}).Into(t, &theirs)
	if len(theirs) != 2 || theirs[0].TotalPrice != 700 || len(theirs[0].Items) != 1 {
		t.Errorf("the rival's: %+v", theirs)
	}
	if a := b.sales.Do(t, apitest.Request{Cookie: b.cookie}); a.Status != 200 || string(bytes.TrimSpace(a.Body)) != "[]" {
		t.Errorf("a buyer's: %d %s", a.Status, a.Body)
	}
	if a := b.sales.Do(t, apitest.Request{}); a.Status != 401 {
		t.Errorf("nobody's: %d", a.Status)
	}
	for _, query := range []string{"limit=0", "limit=101", "cursor=%21", "status=DONE", "seller=1"} {
		if a := b.sales.Do(t, apitest.Request{Path: "/api/orders/sales?" + query, Cookie: cookie}); a.Status != 400 {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
}
