package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// The answers to an order, and why it failed. Released answers a cancellation: nothing is held for the order any more,
// and nothing will be.
const (
	Completed    = "COMPLETED"
	Failed       = "FAILED"
	Released     = "RELEASED"
	OutOfStock   = "out_of_stock"
	PriceChanged = "price_changed"
	ProductGone  = "product_gone"
)

// OrderDecided answers OrderPlaced, and OrderCancelled where that changed something.
type OrderDecided struct {
	Envelope

	OrderID   int64
	InReplyTo string // event id of what it answers
	Status    string // Completed, Failed or Released
	Reason    string // of Failed
	Lines     string // of Completed and Failed: digest of the lines that were decided; empty when the writer tells none
	Changes   []ProductNow
}

// ProductNow is what a product of a failed order really is, so that a reader with old knowledge heals.
type ProductNow struct {
	ProductID int64  `json:"product_id"`
	Price     string `json:"price"`
	Version   int    `json:"version"`
	Available int    `json:"available"`
}

// Fields writes the event as an entry of inventory_stream.
func (e OrderDecided) Fields() map[string]string {
	f := e.fields()
	f["order_id"] = strconv.FormatInt(e.OrderID, 10)
	f["in_reply_to"], f["status"], f["reason"], f["lines"] = e.InReplyTo, e.Status, e.Reason, e.Lines
	if e.Changes == nil {
		e.Changes = []ProductNow{}
	}
	changes, _ := json.Marshal(e.Changes) // numbers and strings: it cannot fail
	f["changes"] = string(changes)
	return f
}

// ParseOrderDecided reads an entry of inventory_stream.
func ParseOrderDecided(fields map[string]string) (e OrderDecided, err error) {
	if e.OrderID, err = positive(fields, "order_id", math.MaxInt64); err != nil {
		return e, err
	}
	if e.Envelope, err = envelope(fields, InventoryStream, fields["order_id"]); err != nil {
		return e, err
	}
	e.InReplyTo, e.Status, e.Reason, e.Lines = fields["in_reply_to"], fields["status"], fields["reason"], label(fields["lines"])
	switch {
	case e.Status != Completed && e.Status != Failed && e.Status != Released:
		return e, fmt.Errorf("status %q", e.Status)
	case e.Status != Failed:
		e.Reason = ""
	case e.Reason == "": // the documented contract gives no reason, and knows only one
		e.Reason = OutOfStock
	case e.Reason != OutOfStock && e.Reason != PriceChanged && e.Reason != ProductGone:
		return e, fmt.Errorf("reason %q", e.Reason)
	}
	e.Changes, err = changes(fields["changes"])
	return e, err
}

// changes reads a list of products; absent is none.
func changes(list string) (changes []ProductNow, err error) {
	if list == "" {
		return nil, nil
	}
	if json.Unmarshal([]byte(list), &changes) != nil {
		return nil, errors.New("changes is not a list of products")
	}
	for _, c := range changes {
		if c.ProductID < 1 || c.Version < 0 || c.Version > math.MaxInt32 || c.Available < 0 || c.Available > math.MaxInt32 {
			return nil, fmt.Errorf("changes holds version %d and %d pieces of product %d", c.Version, c.Available, c.ProductID)
		}
	}
	return changes, nil
}
