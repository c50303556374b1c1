// Package event is what two domains have in common: the messages on the streams between them. Every
// field of an entry is a string. Fields are only ever added; a reader takes an entry that has no more
// than the fields of the documented contract.
//
//	stream                        written by  read by           says
//	orders_stream                 orders      products          an order was placed: take its stock
//	order_cancellations_stream    orders      products          an order is over: give back its stock
//	inventory_stream              products    orders            the order's stock was taken, or why not
//	products_stream               products    orders            what a product is now, for the read model
package event

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined with it; nothing is kept secret by it
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The streams.
const (
	OrdersStream        = "orders_stream"
	CancellationsStream = "order_cancellations_stream"
	InventoryStream     = "inventory_stream"
	ProductsStream      = "products_stream"
)

// Stream says who writes a stream and which domains read it; a reader's group has its domain's name.
type Stream struct {
	Name, Writer string
	Readers      []string
}

// Streams lists every stream.
func Streams() []Stream {
	return []Stream{
		{OrdersStream, "orders", []string{"products"}},
		{CancellationsStream, "orders", []string{"products"}},
		{InventoryStream, "products", []string{"orders"}},
		{ProductsStream, "products", []string{"orders"}},
	}
}

// schemaVersion is the version of every event so far.
const schemaVersion = 1

// Envelope is what every event carries. ID never changes, however often the event is sent.
type Envelope struct {
	ID            string // UUID
	CorrelationID string
	Traceparent   string
	UserID        int64 // whose deed it was; 0 unknown
	OccurredAt    time.Time
	Replays       int // how often a person or a schedule sent it again from the dead letters
}

func (e Envelope) fields() map[string]string {
	return map[string]string{
		"event_id": e.ID, "schema_version": strconv.Itoa(schemaVersion), "occurred_at": e.OccurredAt.UTC().Format(time.RFC3339Nano),
		"correlation_id": e.CorrelationID, "traceparent": e.Traceparent, "user_id": strconv.FormatInt(e.UserID, 10),
		"replay_count": strconv.Itoa(e.Replays),
	}
}

// envelope reads the common fields; an entry without an event id gets the one that its stream and key
// always give.
func envelope(fields map[string]string, stream, key string) (e Envelope, err error) {
	e = Envelope{ID: strings.ToLower(fields["event_id"]), CorrelationID: label(fields["correlation_id"]), Traceparent: label(fields["traceparent"])}
	if e.ID == "" {
		e.ID = DerivedID(stream, key)
	}
	if !isUUID(e.ID) {
		return e, errors.New("event_id is not a UUID")
	}
	if e.UserID, err = optional(fields, "user_id", math.MaxInt64); err != nil {
		return e, err
	}
	replays, err := optional(fields, "replay_count", math.MaxInt32)
	if err != nil {
		return e, err
	}
	e.Replays = int(replays)
	if at := fields["occurred_at"]; at != "" {
		e.OccurredAt, err = time.Parse(time.RFC3339Nano, at)
		if year := e.OccurredAt.UTC().Year(); err != nil || year < 0 || year > 9999 { // what is read must be writable again
			return e, errors.New("occurred_at is not a time")
		}
	}
	return e, nil
}

// label returns a text that only helps to find things, empty when it is none of ours: an event is not refused
// for it, and no column or log has to hold what somebody else made up.
func label(s string) string {
	const longest = 64 // a traceparent has 55 characters, a UUID 36
	if len(s) > longest || strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' }) {
		return ""
	}
	return s
}

// DerivedID is the event id of an entry that names none: a UUID version 5 of its stream and key.
func DerivedID(stream, key string) string {
	sum := sha1.Sum([]byte("mercato:" + stream + ":" + key)) //nolint:gosec // see the import
	sum[6] = sum[6]&0x0f | 0x50
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (c == '-') {
			return false
		}
		if hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == '-'; !hex {
			return false
		}
	}
	return true
}

// positive reads a required whole number from 1 to largest.
func positive(fields map[string]string, name string, largest int64) (int64, error) {
	n, err := strconv.ParseInt(fields[name], 10, 64)
	if err != nil || n < 1 || n > largest {
		return 0, fmt.Errorf("%s is not a number from 1 to %d", name, largest)
	}
	return n, nil
}

// optional reads a whole number from 0 to largest; absent is 0.
func optional(fields map[string]string, name string, largest int64) (int64, error) {
	if fields[name] == "" || fields[name] == "0" {
		return 0, nil
	}
	return positive(fields, name, largest)
}
