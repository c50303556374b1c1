package e2e_test

import (
	"fmt"
	"syscall"
	"testing"
)

// TestCrash kills a function while it works on a request, which costs that request and no other.
func TestCrash(t *testing.T) {
	t.Parallel()
	s := own(t)
	seller := signUp(t, s)
	lamp, chair := seller.list(t, "Lamp", "19.99", 5), seller.list(t, "Chair", "49.99", 5)
	change := func(id int64) answer {
		a, err := seller.send(t.Context(), "PATCH", fmt.Sprintf("/api/products/%d", id), map[string]string{"name": "Changed"})
		if err != nil {
			t.Error(err)
		}
		return a
	}
	tx, err := s.owner(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context()) //nolint:errcheck // after the commit it has nothing to do
	if _, err := tx.Exec(t.Context(), `SELECT p.id FROM products.products p WHERE p.id = $1 FOR UPDATE`, lamp); err != nil {
		t.Fatal(err)
	}
	lost := make(chan answer, 1)
	go func() { lost <- change(lamp) }()
	until(t, "the request waits for the row", func() bool {
		return count(t, s.owner(t), `SELECT count(*) FROM pg_stat_activity a WHERE a.usename = 'products' AND a.wait_event_type = 'Lock'`) == 1
	})
	var busy []int
	for _, process := range s.function(t, "products-update").Processes {
		if process.State == "busy" {
			busy = append(busy, process.PID)
		}
	}
	if len(busy) != 1 {
		t.Fatalf("%s: want one that is busy", s.function(t, "products-update"))
	}
	change(chair).want(t, 200) // another request of the same function, at the same time
	if err := syscall.Kill(busy[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if a := <-lost; a.status != 500 || string(a.body) != `{"message":"Internal Server Error"}` {
		t.Errorf("the killed one's request: %s", a)
	}
	change(chair).want(t, 200)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	var now struct{ Product struct{ Version int } }
	change(lamp).into(t, 200, &now)
	if now.Product.Version != 2 {
		t.Errorf("version %d: the killed request left something behind", now.Product.Version)
	}
}
