package orders

import (
	"time"

	"mercato/shared/event"
	"mercato/shared/platform/fault"
)

// Verdict is what becomes of an order. The zero one is: nothing.
type Verdict struct {
	To     Status // empty: the order stands where it stood
	Reason string // of To
	Recall bool   // what was taken for the order comes back: products is told OrderCancelled
	Audit  string // the action of an audit row, for what cannot be; empty: nothing strange
}

// What an answer can be that products never gave to an order of ours.
const (
	NoSuchOrder  = "answer_without_order"
	OtherLines   = "answer_of_other_lines"
	Contradicts  = "answer_contradicts"
	NotCancelled = "released_without_cancellation"
)

// Answered says what an answer of products does to an order; one that there is not has no status. A forged or
// a contradicting answer leaves neither stock taken for an order that does not stand, nor a standing order whose
// stock is in doubt.
func (o Order) Answered(d event.OrderDecided) Verdict {
	completed := d.Status == event.Completed
	switch {
	case o.Status == "":
		return Verdict{Recall: completed, Audit: NoSuchOrder}
	case o.Status == Cancelled || o.Status == Expired:
		return Verdict{} // its OrderCancelled is on its way, and takes back whatever this answer took
	case d.Status == event.Released:
		return o.released()
	case event.OtherLines(o.Lines, d.Lines):
		return o.undone(OtherLines)
	case o.Status == Pending:
		return Verdict{To: Status(d.Status), Reason: d.Reason}
	case o.Status == Status(d.Status):
		return Verdict{} // the same again
	default:
		return o.undone(Contradicts)
	}
}

// released ends an order whose stock was given back though nobody of ours has cancelled it; one that has failed never had
// any. The answer may be forged, and the stock still be held.
func (o Order) released() Verdict {
	if !o.Status.May(Cancelled) {
		return Verdict{}
	}
	return o.undone(NotCancelled)
}

// undone takes an order back whose stock is in doubt, and ends it unless it has failed already.
func (o Order) undone(audit string) Verdict {
	v := Verdict{Recall: true, Audit: audit}
	if o.Status.May(Cancelled) {
		v.To, v.Reason = Cancelled, Mismatch
	}
	return v
}

// Cancel says what the buyer's wish to cancel does to his order at a moment: a completed one he may cancel for as
// long as window says. Again is no failure and does nothing. Conflict (too_late) otherwise.
func (o Order) Cancel(now time.Time, window time.Duration) (Verdict, error) {
	inTime := o.Status == Pending || o.Status == Completed && now.Sub(o.SettledAt) <= window
	switch {
	case o.Status == Cancelled:
		return Verdict{}, nil
	case inTime:
		return Verdict{To: Cancelled, Reason: ByBuyer, Recall: true}, nil
	default:
		return Verdict{}, fault.New(fault.Conflict, "too_late", "The order can no longer be cancelled.")
	}
}

// Expire says what the passing of time does to an order.
func (o Order) Expire(now time.Time) Verdict {
	if o.Status != Pending || now.Before(o.Deadline) {
		return Verdict{}
	}
	return Verdict{To: Expired, Reason: NoAnswer, Recall: true}
}
