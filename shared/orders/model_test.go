package orders_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mercato/shared/event"
	"mercato/shared/orders"
)

// machine is an order in the database, and what a reader of the rules expects of it.
type machine struct {
	bundle

	t       *testing.T
	id      int64
	told    []event.OrderDecided // answers so far, which may come again
	stands  []string             // the timeline: status and reason
	recalls int
	audits  []string
	late    bool // its deadline has passed
	old     bool // it was settled longer ago than CANCEL_WINDOW
}

func (m *machine) status() string {
	var status string
	_, _ = fmt.Sscan(m.stands[len(m.stands)-1], &status)
	return status
}

func (m *machine) moves(to, reason string) {
	if m.status() == "PENDING" {
		m.old = false
	}
	m.stands = append(m.stands, to+" "+reason)
}

// expects takes up what an answer must do, by the table of TestAnswered.
func (m *machine) expects(key string) {
	v := verdictOf[m.status()+" "+key]
	if v.Audit != "" {
		m.audits = append(m.audits, v.Audit)
	}
	if v.Recall {
		m.recalls++
	}
	if v.To != "" {
		m.moves(string(v.To), v.Reason)
	}
}

// Answers gives the order one to three answers in a batch, some of which it has had before.
func (m *machine) Answers(t *rapid.T) {
	var batch []event.OrderDecided
	for range rapid.IntRange(1, 3).Draw(t, "answers") {
		if len(m.told) > 0 && rapid.Bool().Draw(t, "again") {
			batch = append(batch, rapid.SampledFrom(m.told).Draw(t, "which"))
			continue
		}
		status, says := event.Completed, rapid.SampledFrom([]string{same, unknown, other}).Draw(t, "lines")
		if rapid.Bool().Draw(t, "fails") {
			status, says = event.Failed, unknown
		}
		d := answer(m.id, status, says)
		m.expects(status + " " + says)
		batch, m.told = append(batch, d), append(m.told, d)
	}
	m.decide(m.t, batch...)
}

// Cancel is the buyer's wish.
func (m *machine) Cancel(*rapid.T) {
	want := 409
	switch status := m.status(); {
	case status == "CANCELLED":
		want = 202
	case status == "PENDING", status == "COMPLETED" && !m.old:
		want = 202
		m.recalls++
		m.moves("CANCELLED", "buyer")
	}
	if a := m.cancels(m.t, m.id); a.Status != want {
		m.t.Errorf("cancelling after %q: %d %s", m.stands, a.Status, a.Body)
	}
}

// Expire is the consumer's chore.
func (m *machine) Expire(*rapid.T) {
	if m.late && m.status() == "PENDING" {
		m.recalls++
		m.moves("EXPIRED", "no_answer")
	}
	m.chore(m.t, event.InventoryStream)
}

// Wait lets the deadline and the time to cancel pass.
func (m *machine) Wait(*rapid.T) {
	m.late, m.old = true, true
	m.exec(m.t, `UPDATE orders.orders o SET deadline = now() - interval '1 second', settled_at = o.settled_at - interval '31 minutes' WHERE o.id = $1`, m.id)
}

// Check compares the database with what is expected.
func (m *machine) Check(t *rapid.T) {
	var stands, audits []string
	var recalls int
	var status string
	err := m.app.DB.QueryRow(m.t.Context(), `SELECT o.status || ' ' || o.reason,
		ARRAY(SELECT e.status || ' ' || e.reason FROM orders.order_events e WHERE e.order_id = o.id ORDER BY e.id),
		(SELECT count(*) FROM orders.outbox x WHERE x.stream = 'order_cancellations_stream' AND x.fields ->> 'order_id' = o.id::text),
		ARRAY(SELECT a.action FROM ops.audit a WHERE a.target = 'order:' || o.id ORDER BY a.id)
		FROM orders.orders o WHERE o.id = $1`, m.id).Scan(&status, &stands, &recalls, &audits)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(stands, m.stands) || status != m.stands[len(m.stands)-1] || recalls != m.recalls || !slices.Equal(audits, m.audits) {
		t.Fatalf("the order stands at %q after %q, taken back %d times, audited %q;\nwant %q, %d times, %q", status, stands, recalls, audits, m.stands, m.recalls, m.audits)
	}
}

// TestOrderLikeItsModel does whatever may be done to an order, in any order, and compares after each step.
func TestOrderLikeItsModel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rapid.Check(t, func(r *rapid.T) {
		m := &machine{bundle: b, t: t, id: b.bulk(t, 1, time.Hour)[0], stands: []string{string(orders.Pending) + " "}}
		acts := map[string]func(*rapid.T){"answers": m.Answers, "cancel": m.Cancel, "expire": m.Expire, "wait": m.Wait}
		for range rapid.IntRange(1, 12).Draw(r, "acts") { // an order has three statuses at most: 12 acts repeat each
			acts[rapid.SampledFrom(slices.Sorted(maps.Keys(acts))).Draw(r, "act")](r)
			m.Check(r)
		}
	})
}
