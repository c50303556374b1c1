package orders_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
)

func cancelPath(id int64) string { return fmt.Sprintf("/api/orders/%d/cancel", id) }

func (b bundle) cancels(t testing.TB, id int64) apitest.Answer {
	t.Helper()
	return b.cancel.Do(t, apitest.Request{Path: cancelPath(id), Cookie: b.cookie})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	for range 2 { // again is no failure and does nothing
		a := b.cancels(t, id)
		var r orders.CancelResponse
		if a.Into(t, &r); a.Status != 202 || r.Status != orders.Cancelled {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	if got := b.timeline(t, id); got != "PENDING ;CANCELLED buyer;" {
		t.Error(got)
	}
	recalls := b.recalls(t)
	if len(recalls) != 1 || recalls[0].OrderID != id || recalls[0].UserID != b.buyer.UserID || recalls[0].CorrelationID == "" || recalls[0].OccurredAt.IsZero() {
		t.Fatalf("events %+v", recalls)
	}
	if n := b.count(t, `SELECT count(*) FROM orders.order_events e WHERE e.status = 'CANCELLED' AND e.correlation_id = $1`, recalls[0].CorrelationID); n != 1 {
		t.Error("the timeline and the event name two requests")
	}
	b.sound(t)
}

func TestCancelRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.bulk(t, 6, time.Hour)
	pending, inTime, late, failedOne, expired, gone := ids[0], ids[1], ids[2], ids[3], ids[4], int64(999_999)
	b.decide(t, completed(inTime), completed(late), failed(failedOne))
	b.exec(t, `UPDATE orders.orders o SET settled_at = now() - interval '29 minutes' WHERE o.id = $1`, inTime)
	b.exec(t, `UPDATE orders.orders o SET settled_at = now() - interval '31 minutes' WHERE o.id = $1`, late)
	b.exec(t, `UPDATE orders.orders o SET deadline = now() WHERE o.id = $1`, expired)
	b.chore(t, event.InventoryStream)
	_, moderator := b.app.SignUp(t, "moderator", session.RoleModerator)
	_, stranger := b.app.SignUp(t, "stranger", session.RoleUser)
	for name, c := range map[string]struct {
		path   string
		cookie *http.Cookie
		status int
		code   string
	}{
		"stranger":      {cancelPath(pending), stranger, 404, "not_found"},
		"may read only": {cancelPath(pending), moderator, 404, "not_found"},
		"nobody":        {cancelPath(pending), nil, 401, ""},
		"absent":        {cancelPath(gone), b.cookie, 404, "not_found"},
		"no number":     {"/api/orders/x/cancel", b.cookie, 400, ""},
		"too late":      {cancelPath(late), b.cookie, 409, "too_late"},
		"failed":        {cancelPath(failedOne), b.cookie, 409, "too_late"},
		"expired":       {cancelPath(expired), b.cookie, 409, "too_late"},
	} {
		a := b.cancel.Do(t, apitest.Request{Path: c.path, Cookie: c.cookie})
		if a.Status != c.status || !strings.Contains(string(a.Body), c.code) {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	if n := b.count(t, `SELECT count(*) FROM orders.orders o WHERE o.status = 'CANCELLED'`); n != 0 || len(b.recalls(t)) != 1 {
		t.Errorf("%d cancelled, events %+v: want that of the expired order", n, b.recalls(t))
	}
	if a := b.cancels(t, inTime); a.Status != 202 || b.timeline(t, inTime) != "PENDING ;COMPLETED ;CANCELLED buyer;" {
		t.Errorf("in time: %d %s", a.Status, a.Body)
	}
	if n := b.count(t, `SELECT count(*) FROM orders.orders o WHERE o.id = $1 AND o.settled_at < now() - interval '28 minutes'`, inTime); n != 1 {
		t.Error("cancelling moved the time at which the order was completed")
	}
	b.sound(t)
}

// TestCancelTogether: however many cancel an order at once, it is taken back once.
func TestCancelTogether(t *testing.T) {
	t.Parallel()
	b := open(t, map[string]string{"DATABASE_POOL": "5"})
	for _, id := range b.bulk(t, scale(40, 400), time.Hour) {
		answers := make([]apitest.Answer, 5)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = b.cancels(t, id) })
		}
		wg.Wait()
		for _, a := range answers {
			if a.Status != 202 {
				t.Errorf("order %d: %d %s", id, a.Status, a.Body)
			}
		}
	}
	b.sound(t)
}

// TestCancelFails: an order that cannot be taken back is not cancelled.
func TestCancelFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.bulk(t, 1, time.Hour)[0]
	b.exec(t, `REVOKE INSERT ON orders.outbox FROM orders`)
	if a := b.cancels(t, id); a.Status != 500 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if got := b.timeline(t, id); got != "PENDING ;" || len(b.recalls(t)) != 0 {
		t.Error(got)
	}
}
