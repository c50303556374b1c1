package e2e_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestOutage_postgres stops Postgres without ending it: connections are there, and nobody answers.
func TestOutage_postgres(t *testing.T) {
	t.Parallel()
	s := own(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", 1000)
	buyer.decided(t, buyer.order(t, line{lamp, "", 1}))
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	before := s.function(t, "orders-create")
	thaw := freeze(f.PIDs["postgres"])
	t.Cleanup(thaw)

	key, wish := "the-same-order-all-along-"+buyer.name, basket{[]line{{lamp, "", 1}}}
	var group sync.WaitGroup // the second comes to a new process, which has no connection yet
	for range 2 {
		group.Go(func() { unavailable(t, buyer, "POST", "/api/orders", wish, "Idempotency-Key", key) })
	}
	for call, body := range map[string]any{ // most of them for the first time: their functions start without Postgres
		"GET /api/orders": nil, "GET /api/products": nil, "GET /api/products/public": nil, "GET /api/auth/session": nil, "GET /health/ready": nil,
		"POST /api/auth/login": map[string]string{"email": buyer.email, "password": buyer.pw}, "DELETE /api/products/1": nil,
	} {
		method, path, _ := strings.Cut(call, " ")
		group.Go(func() { unavailable(t, buyer, method, path, body) })
	}
	group.Wait()
	unavailable(t, buyer, "POST", "/api/orders", wish, "Idempotency-Key", key)
	buyer.do(t, "GET", "/health", nil).want(t, 200)
	thaw()
	began, tries := time.Now(), 0
	var taken answer
	until(t, "orders are taken again", func() bool {
		tries++
		taken = buyer.do(t, "POST", "/api/orders", wish, "Idempotency-Key", key)
		return taken.status == 201 || taken.status != 503 && taken.status != 409
	})
	var out struct{ OrderID int64 }
	taken.into(t, 201, &out)
	t.Logf("after SIGCONT taken at try %d, after %s", tries, lap(began))
	if got := buyer.decided(t, out.OrderID); got.path() != "PENDING, COMPLETED" {
		t.Error(got.path())
	}
	if n := count(t, s.owner(t), `SELECT count(*) FROM orders.orders WHERE user_id = $1`, buyer.id); n != 2 {
		t.Errorf("%d orders: the one of before, and one for all tries with the same key, are 2", n)
	}
	after := s.function(t, "orders-create")
	for _, process := range before.Processes {
		if !strings.Contains(after.String(), fmt.Sprint(process.PID)) {
			t.Errorf("it took a restart: %s, before %s", after, before)
		}
	}
}

// unavailable wants a 503 that says when to come again, soon enough that a client still listens.
func unavailable(t *testing.T, u *user, method, path string, body any, headers ...string) {
	t.Helper()
	began := time.Now()
	a, err := u.send(t.Context(), method, path, body, headers...)
	took := time.Since(began)
	if err != nil {
		t.Error(err)
		return
	}
	t.Logf("without Postgres: %s %s: %d after %s", method, path, a.status, round(took))
	if p, err := a.problem(); err != nil || p.Status != 503 || p.Code != "unavailable" || a.header.Get("Retry-After") == "" || took > 5*time.Second {
		t.Errorf("%s after %s, Retry-After %q, %v: want a 503 problem within 5 s", a, took, a.header.Get("Retry-After"), err)
	}
}

// TestOutage_postgresKilled: the stack starts it again, and nothing else has to be.
func TestOutage_postgresKilled(t *testing.T) {
	t.Parallel()
	s := own(t)
	db := s.owner(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", 1000)
	orders := []int64{buyer.decided(t, buyer.order(t, line{lamp, "", 1})).Order.ID}
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(f.PIDs["postgres"], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	began, refused := time.Now(), 0
	until(t, "orders are taken again", func() bool {
		id, err := buyer.place(t.Context(), basket{[]line{{lamp, "", 1}}})
		if err == nil {
			orders = append(orders, id)
			now, _ := s.file()
			return now.PIDs["postgres"] != f.PIDs["postgres"]
		}
		refused++
		if !strings.Contains(err.Error(), `"code":"unavailable"`) {
			t.Errorf("while Postgres is away: %v", err)
		}
		return false
	})
	t.Logf("after SIGKILL: %d answers of 503, and taken again after %s", refused, lap(began))
	t.Logf("all terminal %s later", round(awaitDecided(t, db, orders)))
	checkBooks(t, db, orders)
}

// TestOutage_redis stops Redis: orders are taken all the same, and decided when it goes on.
func TestOutage_redis(t *testing.T) {
	t.Parallel()
	s := own(t)
	db := s.owner(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", 1000)
	orders := []int64{buyer.decided(t, buyer.order(t, line{lamp, "", 1})).Order.ID}
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	thaw := freeze(f.PIDs["redis"])
	t.Cleanup(thaw)
	for range 5 {
		began := time.Now()
		id, err := buyer.place(t.Context(), basket{[]line{{lamp, "", 1}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("without Redis: 201 after %s", lap(began))
		orders = append(orders, id)
		if got := buyer.look(t, id); got.path() != "PENDING" {
			t.Errorf("without Redis: %s", got.path())
		}
	}
	if p, err := buyer.do(t, "GET", "/health/ready", nil).problem(); err != nil || p.Status != 503 {
		t.Error(errors.Join(err, fmt.Errorf("ready without Redis: %d", p.Status)))
	}
	thaw()
	began := time.Now()
	awaitDecided(t, db, orders)
	t.Logf("all terminal %s after SIGCONT", lap(began))
	checkBooks(t, db, orders)
	if got := buyer.look(t, orders[len(orders)-1]); got.path() != "PENDING, COMPLETED" {
		t.Error(got.path())
	}
}
