package orders_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/orders"
)

func (b bundle) expired(t testing.TB) int {
	t.Helper()
	return b.count(t, `SELECT count(*) FROM orders.orders o WHERE o.status = 'EXPIRED'`)
}

func TestExpire(t *testing.T) {
	t.Parallel()
	b := setup(t)
	late, early := b.bulk(t, 450, -time.Second), b.bulk(t, 5, time.Hour)
	b.exec(t, `UPDATE orders.orders o SET deadline = now() - interval '1 day' WHERE o.id = $1`, late[449])
	b.exec(t, `UPDATE orders.orders o SET deadline = now() - interval '1 day' WHERE o.id = ANY ($1)`, early[:2])
	b.decide(t, completed(early[0]), failed(early[1])) // answered in time, and looked at afterwards
	for _, want := range []int{200, 400, 450, 450} {
		b.chore(t, event.InventoryStream)
		if n := b.expired(t); n != want {
			t.Errorf("%d expired, want %d: at most 200 a turn", n, want)
		}
		if got := b.timeline(t, late[449]); got != "PENDING ;EXPIRED no_answer;" {
			t.Errorf("the oldest was not the first: %s", got)
		}
	}
	recalls := b.recalls(t)
	var recalled []int64
	for _, e := range recalls {
		recalled = append(recalled, e.OrderID)
		if e.CorrelationID != fmt.Sprintf("placing-%d", e.OrderID) || e.UserID != b.buyer.UserID {
			t.Fatalf("envelope %+v", e)
		}
	}
	if slices.Sort(recalled); !slices.Equal(recalled, late) {
		t.Errorf("%d were taken back, want the %d that were late", len(recalled), len(late))
	}
	if n := b.count(t, `SELECT count(*) FROM orders.order_events e WHERE e.status = 'EXPIRED' AND e.correlation_id = 'placing-' || e.order_id`); n != 450 {
		t.Errorf("%d timelines name the correlation id of the placing", n)
	}
	b.sound(t)
}

// TestExpireLeavesWhatIsInHand: expiry neither waits for an order that somebody settles at the moment nor takes it.
func TestExpireLeavesWhatIsInHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.bulk(t, 3, -time.Second)
	hold, err := b.app.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback(t.Context()) //nolint:errcheck // ends the test's own hold
	if _, err := hold.Exec(t.Context(), `SELECT FROM orders.orders o WHERE o.id = $1 FOR UPDATE`, ids[1]); err != nil {
		t.Fatal(err)
	}
	b.chore(t, event.InventoryStream)
	if n := b.expired(t); n != 2 {
		t.Errorf("%d expired, want 2", n)
	}
	if err := hold.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.chore(t, event.InventoryStream)
	if n := b.expired(t); n != 3 {
		t.Errorf("%d expired, want 3", n)
	}
	b.sound(t)
}

// TestExpireTogether: two consumers expire each order once.
func TestExpireTogether(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"DATABASE_POOL": "4"})
	late := b.bulk(t, 1500, -time.Second)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 8 {
				b.chore(t, event.InventoryStream)
			}
		})
	}
	wg.Wait()
	if n := b.expired(t); n != len(late) {
		t.Errorf("%d of %d expired", n, len(late))
	}
	b.sound(t)
}

// TestExpireAfterTheAnswers: answers that waited to be read when the deadline passed count. The consumer reads them
// first, for the chore waits for a read that finds nothing.
func TestExpireAfterTheAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	late := b.bulk(t, scale(1000, 10_000), -time.Minute)
	for batch := range slices.Chunk(late, 200) {
		var answers []event.OrderDecided
		for i, id := range batch {
			answers = append(answers, []event.OrderDecided{completed(id), failed(id)}[i%2])
		}
		b.decide(t, answers...)
	}
	b.chore(t, event.InventoryStream)
	if n := b.expired(t); n != 0 {
		t.Errorf("%d of %d expired although they had an answer", n, len(late))
	}
	b.sound(t)
	expiries := 0
	for _, c := range orders.Consume.Chores {
		if c.After == event.InventoryStream {
			expiries++
		}
	}
	if expiries != 1 {
		t.Errorf("%d chores wait for the answers, want expiry and no other", expiries)
	}
}

func TestForgetKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `INSERT INTO orders.idempotency (user_id, key, body_hash, order_id, created_at)
		SELECT 1, 'an old key ' || lpad(n::text, 9, '0'), '', n, now() - interval '73 hours' FROM generate_series(1, 21500) n`)
	b.exec(t, `INSERT INTO orders.idempotency (user_id, key, body_hash, order_id, created_at)
		SELECT 2, 'a young key ' || lpad(n::text, 9, '0'), '', n, now() - interval '71 hours' FROM generate_series(1, 10) n`)
	for i, want := range []int{1510, 10, 10} {
		b.chore(t, "")
		if n := b.count(t, `SELECT count(*) FROM orders.idempotency`); n != want {
			t.Errorf("%d keys are left after turn %d, want %d", n, i, want)
		}
	}
}
