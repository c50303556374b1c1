package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	s := calm(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", 5)

	t.Run("completed", func(t *testing.T) {
		id := buyer.order(t, line{lamp, "19.99", 2})
		got := buyer.decided(t, id)
		if got.path() != "PENDING, COMPLETED" || got.Order.TotalPrice != "39.98" || len(got.Items) != 1 || got.Items[0].Name != "Lamp" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("out_of_stock", func(t *testing.T) {
		got := buyer.decided(t, buyer.order(t, line{lamp, "19.99", 4}))
		if got.path() != "PENDING, FAILED out_of_stock" || got.Order.Reason != "out_of_stock" {
			t.Errorf("%+v", got)
		}
		var left struct{ Quantity int }
		buyer.do(t, "GET", fmt.Sprintf("/api/products/public/%d", lamp), nil).into(t, 200, &left)
		if left.Quantity != 3 {
			t.Errorf("%d lamps are left of 5 after the sale of 2", left.Quantity)
		}
	})
	t.Run("listed", func(t *testing.T) {
		var list []struct{ Status string }
		buyer.do(t, "GET", "/api/orders", nil).into(t, 200, &list)
		if len(list) != 2 || list[0].Status != "FAILED" || list[1].Status != "COMPLETED" {
			t.Errorf("own orders, newest first: %+v", list)
		}
	})
	t.Run("somebody_else's", func(t *testing.T) {
		id := buyer.order(t, line{lamp, "", 1})
		seller.do(t, "GET", fmt.Sprintf("/api/orders/%d", id), nil).refused(t, 404, "not_found")
	})
	t.Run("replayed", func(t *testing.T) {
		key, b := "a-key-of-the-buyer-"+buyer.name, basket{[]line{{lamp, "", 1}}}
		first := buyer.do(t, "POST", "/api/orders", b, "Idempotency-Key", key)
		first.want(t, 201)
		again := buyer.do(t, "POST", "/api/orders", b, "Idempotency-Key", key)
		if again.status != 201 || string(again.body) != string(first.body) || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s, first %s", again, first)
		}
	})
}

func TestOrder_changedProduct(t *testing.T) {
	t.Parallel()
	s := calm(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", 5)
	path := fmt.Sprintf("/api/products/%d", lamp)
	buyer.decided(t, buyer.order(t, line{lamp, "19.99", 1}))

	seller.do(t, "PATCH", path, map[string]string{"price": "24.50"}).want(t, 200)
	var refusal problem
	until(t, "the new price is known", func() bool { // until then the order is taken, and fails as price_changed
		a := buyer.do(t, "POST", "/api/orders", basket{[]line{{lamp, "19.99", 1}}})
		if a.status == 201 {
			return false
		}
		refusal = a.refused(t, 409, "price_changed")
		return true
	})
	if len(refusal.Changes) != 1 || refusal.Changes[0].Expected != "19.99" || refusal.Changes[0].Actual != "24.50" || refusal.Changes[0].ProductID != lamp {
		t.Errorf("changes %+v", refusal.Changes)
	}
	if got := buyer.decided(t, buyer.order(t, line{lamp, "24.50", 1})); got.path() != "PENDING, COMPLETED" {
		t.Errorf("at the new price: %s", got.path())
	}

	buyer.do(t, "DELETE", path, nil).refused(t, 404, "not_found")
	seller.do(t, "DELETE", path, nil).want(t, 200)
	until(t, "the end of the offer is known", func() bool { // until then the order is taken, and fails as product_gone
		a := buyer.do(t, "POST", "/api/orders", basket{[]line{{lamp, "24.50", 1}}})
		return a.status == 422 && a.refused(t, 422, "invalid").Errors[0].Location == "body.items[0].product_id"
	})
	buyer.do(t, "GET", fmt.Sprintf("/api/products/public/%d", lamp), nil).refused(t, 404, "not_found")
}

func TestSession(t *testing.T) {
	t.Parallel()
	s := calm(t)
	u := signUp(t, s)
	var who struct {
		IsAuth bool
		User   struct{ Username, Email, Role string }
	}
	u.do(t, "GET", "/api/auth/session", nil).into(t, 200, &who)
	if !who.IsAuth || who.User.Username != u.name || who.User.Email != u.email || who.User.Role != "USER" {
		t.Errorf("%+v", who)
	}
	visitor(t, s).do(t, "GET", "/api/orders", nil).refused(t, 401, "unauthenticated")
	visitor(t, s).do(t, "POST", "/api/auth/login", map[string]string{"email": u.email, "password": "not it"}).refused(t, 401, "unauthenticated")
	visitor(t, s).do(t, "POST", "/api/auth/signup", map[string]string{
		"username": u.name, "email": "other" + u.email, "password": u.pw, "repeat_password": u.pw,
	}).refused(t, 409, "taken")

	cookie := u.cookie(t)
	u.do(t, "POST", "/api/auth/logout", nil).want(t, 200)
	if len(u.cookies(t)) > 0 {
		t.Error("the cookie outlived the session")
	}
	thief := visitor(t, s) // who has kept the token
	for path, want := range map[string]int{"/api/orders": 401, "/api/products": 401} {
		if a := thief.do(t, "GET", path, nil, "Cookie", cookie.String()); a.status != want {
			t.Errorf("after logout: %s", a)
		}
	}
}

func TestSession_cookie(t *testing.T) {
	t.Parallel()
	u := signUp(t, calm(t))
	cookies := (&http.Response{Header: u.logIn(t).header}).Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	c := cookies[0]
	if c.Name != "token" || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.MaxAge != 600 || c.Domain != "" {
		t.Errorf("one machine's cookie: %+v", attributes(c))
	}
}

// attributes are a cookie without what it is worth.
func attributes(c *http.Cookie) http.Cookie {
	shown := *c
	shown.Value, shown.Raw = "(a token)", ""
	return shown
}

// TestOrder_sameKeyAtOnce: of requests that cannot know of each other, one places the order.
func TestOrder_sameKeyAtOnce(t *testing.T) {
	t.Parallel()
	s := calm(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", 5)
	key, wish := "pressed-many-times-"+buyer.name, basket{[]line{{lamp, "19.99", 1}}}
	buyer.orderWhenKnown(t, wish).want(t, 201)
	bodies := make([]string, clients)
	var group sync.WaitGroup
	for i := range bodies {
		group.Go(func() {
			a, err := buyer.send(t.Context(), "POST", "/api/orders", wish, "Idempotency-Key", key)
			if err != nil || a.status != 201 {
				t.Errorf("%s, %v", a, err)
			}
			bodies[i] = string(a.body)
		})
	}
	group.Wait()
	if slices.Sort(bodies); len(slices.Compact(bodies)) != 1 {
		t.Errorf("one key, several answers: %v", bodies)
	}
	if n := count(t, s.owner(t), `SELECT count(*) FROM orders.orders WHERE user_id = $1`, buyer.id); n != 2 {
		t.Errorf("%d orders: one without a key and one with it are 2", n)
	}
	buyer.do(t, "POST", "/api/orders", basket{[]line{{lamp, "19.99", 2}}}, "Idempotency-Key", key).refused(t, 422, "invalid")
}
