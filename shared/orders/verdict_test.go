package orders_test

import (
	"fmt"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform/fault"
)

var statuses = []orders.Status{orders.Pending, orders.Completed, orders.Failed, orders.Cancelled, orders.Expired}

// reasonOf is a reason that an order with this status may have.
func reasonOf(s orders.Status) string {
	return map[orders.Status]string{orders.Failed: event.OutOfStock, orders.Cancelled: orders.ByBuyer, orders.Expired: orders.NoAnswer}[s]
}

// TestTransitions holds the table of the code against the trigger of the database, for every pair.
func TestTransitions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	allowed := 0
	for _, from := range statuses {
		for _, to := range statuses {
			id := b.bulk(t, 1, time.Hour)[0]
			const write = `UPDATE orders.orders o SET status = $2, reason = $3,
				settled_at = CASE WHEN $2 <> 'PENDING' THEN now() END WHERE o.id = $1`
			if from != orders.Pending {
				b.exec(t, write, id, string(from), reasonOf(from))
			}
			_, err := b.app.DB.Exec(t.Context(), write, id, string(to), reasonOf(to))
			if may := from.May(to) || from == to; may != (err == nil) {
				t.Errorf("from %s to %s: the table says %v, the database %v", from, to, may, err)
			}
			if from.May(to) {
				allowed++
			}
		}
	}
	if allowed != 5 {
		t.Errorf("%d moves are allowed, doc.go draws 5", allowed)
	}
}

// TestTransitionsClosed: a batch writes only where an order ends up, so where two steps lead one must lead.
func TestTransitionsClosed(t *testing.T) {
	t.Parallel()
	for _, a := range statuses {
		for _, b := range statuses {
			for _, c := range statuses {
				if a.May(b) && b.May(c) && !a.May(c) {
					t.Errorf("%s to %s to %s, but not at once", a, b, c)
				}
			}
		}
	}
}

// What an answer may say of its lines.
const (
	same    = "same"
	other   = "other"
	unknown = "unknown"
)

// verdictOf is the rule for answers once more, as a table: status of the order, answer, its lines. What is not in it
// does nothing.
var verdictOf = map[string]orders.Verdict{
	"PENDING COMPLETED same":         {To: orders.Completed},
	"PENDING COMPLETED unknown":      {To: orders.Completed},
	"PENDING COMPLETED other":        {To: orders.Cancelled, Reason: orders.Mismatch, Recall: true, Audit: orders.OtherLines},
	"PENDING FAILED unknown":         {To: orders.Failed, Reason: event.OutOfStock},
	"PENDING FAILED same":            {To: orders.Failed, Reason: event.OutOfStock},
	"PENDING FAILED other":           {To: orders.Cancelled, Reason: orders.Mismatch, Recall: true, Audit: orders.OtherLines},
	"COMPLETED FAILED same":          {To: orders.Cancelled, Reason: orders.Mismatch, Recall: true, Audit: orders.Contradicts},
	"COMPLETED FAILED other":         {To: orders.Cancelled, Reason: orders.Mismatch, Recall: true, Audit: orders.OtherLines},
	"FAILED" + " FAILED other":       {Recall: true, Audit: orders.OtherLines},
	" FAILED same":                   {Audit: orders.NoSuchOrder},
	" FAILED other":                  {Audit: orders.NoSuchOrder},
	"COMPLETED" + " COMPLETED other": {To: orders.Cancelled, Reason: orders.Mismatch, Recall: true, Audit: orders.OtherLines},
	"COMPLETED FAILED unknown":       {To: orders.Cancelled, Reason: orders.Mismatch, Recall: true, Audit: orders.Contradicts},
	"FAILED COMPLETED same":          {Recall: true, Audit: orders.Contradicts},
	"FAILED COMPLETED unknown":       {Recall: true, Audit: orders.Contradicts},
	"FAILED COMPLETED other":         {Recall: true, Audit: orders.OtherLines},
	" COMPLETED same":                {Recall: true, Audit: orders.NoSuchOrder},
	" COMPLETED unknown":             {Recall: true, Audit: orders.NoSuchOrder},
	" COMPLETED other":               {Recall: true, Audit: orders.NoSuchOrder},
	" FAILED unknown":                {Audit: orders.NoSuchOrder},
	"CANCELLED COMPLETED unknown":    {},
	"PENDING RELEASED unknown":       {To: orders.Cancelled, Reason: orders.Mismatch, Recall: true, Audit: orders.NotCancelled},
	"COMPLETED RELEASED unknown":     {To: orders.Cancelled, Reason: orders.Mismatch, Recall: true, Audit: orders.NotCancelled},
	" RELEASED unknown":              {Audit: orders.NoSuchOrder},
}

// answer is one of products to an order of bulk.
func answer(id int64, status, lines string) event.OrderDecided {
	d := failed(id)
	switch status {
	case event.Released:
		d.Status, d.Reason, d.Changes = status, "", nil
	case event.Completed:
		d = completed(id)
	}
	d.Lines = map[string]string{same: onePen, other: event.Digest(nil)}[lines]
	return d
}

func TestAnswered(t *testing.T) {
	t.Parallel()
	for _, stands := range append(statuses, "") {
		for _, a := range [][2]string{{"COMPLETED", same}, {"COMPLETED", unknown}, {"COMPLETED", other}, {"FAILED", same}, {"FAILED", unknown}, {"FAILED", other}, {"RELEASED", unknown}} {
			o := orders.Order{ID: 1, Status: stands, Lines: onePen}
			key := fmt.Sprintf("%s %s %s", stands, a[0], a[1])
			if got := o.Answered(answer(1, a[0], a[1])); got != verdictOf[key] {
				t.Errorf("%s: got %+v, want %+v", key, got, verdictOf[key])
			}
			if v := verdictOf[key]; v.To != "" && !stands.May(v.To) {
				t.Errorf("%s: %s is not in the table", key, v.To)
			}
		}
	}
	old := orders.Order{ID: 1, Status: orders.Pending} // of the time before digests
	if got := old.Answered(answer(1, event.Completed, other)); got.To != orders.Completed {
		t.Errorf("an order without digest: %+v", got)
	}
}

func TestCancelVerdict(t *testing.T) {
	t.Parallel()
	now, window := time.Now(), 30*time.Minute
	yes := orders.Verdict{To: orders.Cancelled, Reason: orders.ByBuyer, Recall: true}
	for name, c := range map[string]struct {
		order orders.Order
		want  orders.Verdict
		late  bool
	}{
		"pending":                 {orders.Order{Status: orders.Pending}, yes, false},
		"just completed":          {orders.Order{Status: orders.Completed, SettledAt: now}, yes, false},
		"at the end of its time":  {orders.Order{Status: orders.Completed, SettledAt: now.Add(-window)}, yes, false},
		"a moment later":          {orders.Order{Status: orders.Completed, SettledAt: now.Add(-window - 1)}, orders.Verdict{}, true},
		"settled while it waited": {orders.Order{Status: orders.Completed, SettledAt: now.Add(time.Second)}, yes, false},
		"cancelled":               {orders.Order{Status: orders.Cancelled}, orders.Verdict{}, false},
		"failed":                  {orders.Order{Status: orders.Failed, SettledAt: now}, orders.Verdict{}, true},
		"expired":                 {orders.Order{Status: orders.Expired, SettledAt: now}, orders.Verdict{}, true},
	} {
		got, err := c.order.Cancel(now, window)
		if got != c.want || (err != nil) != c.late || c.late && fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestExpireVerdict(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, stands := range statuses {
		for _, ago := range []time.Duration{-1, 0, time.Hour} {
			got := orders.Order{Status: stands, Deadline: now.Add(-ago)}.Expire(now)
			var want orders.Verdict
			if stands == orders.Pending && ago >= 0 {
				want = orders.Verdict{To: orders.Expired, Reason: orders.NoAnswer, Recall: true}
			}
			if got != want {
				t.Errorf("%s, %s after the deadline: %+v", stands, ago, got)
			}
		}
	}
}
