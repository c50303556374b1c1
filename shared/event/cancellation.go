package event

import (
	"math"
	"strconv"
)

// OrderCancelled takes an order back: what was taken for it returns to stock, and what was not taken yet never
// will be. Whoever sent it needs no answer; one is given all the same, for it may have been forged.
type OrderCancelled struct {
	Envelope

	OrderID int64
}

// Fields writes the event as an entry of order_cancellations_stream.
func (e OrderCancelled) Fields() map[string]string {
	f := e.fields()
	f["order_id"] = strconv.FormatInt(e.OrderID, 10)
	return f
}

// ParseOrderCancelled reads an entry of order_cancellations_stream.
func ParseOrderCancelled(fields map[string]string) (e OrderCancelled, err error) {
	if e.OrderID, err = positive(fields, "order_id", math.MaxInt64); err != nil {
		return e, err
	}
	e.Envelope, err = envelope(fields, CancellationsStream, fields["order_id"])
	return e, err
}
