// Package deadletter keeps the events that a domain cannot apply: it counts the failures of each, buries what has
// failed too often or can never succeed, and sends word of it through SQS.
//
// The row in ops.dead_letters is the truth. It is written in one transaction with the inbox's mark of burial, so an
// event is either still to be applied, or applied, or a dead letter, and never two of these. The message only
// carries the letter through time and shows it to whoever watches queues: that it is missing or there twice does no harm.
package deadletter

import (
	"errors"
	"maps"
	"strconv"
	"strings"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/seal"
)

// Letter is an event that its reader could not apply.
type Letter struct {
	EventID  string // UUID
	Reader   string // the schema of the domain that could not apply it
	Stream   string
	OrderID  int64  // 0 when it names none
	Code     string // why, in one word: that of the fault, Malformed or Failed
	Error    string // why, for people; not in the message
	Attempts int    // failures before this burial; not in the message
	Replays  int    // how often it had been sent again
	Fields   Fields // nil in a message that would be too long with them
}

// The codes of failures that have none of their own.
const (
	Malformed = "malformed" // nobody could have sent it
	Failed    = "failed"    // its transaction failed
)

// longest is how many characters of an error are kept: what went wrong is at its beginning.
const longest = 1000

// New makes the letter of an entry that failed. Code is for an error that has none.
func New(reader, stream string, fields map[string]string, code string, err error) Letter {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code != "" {
		code = f.Code
	}
	return Letter{
		EventID: ID(stream, fields), Reader: reader, Stream: stream, OrderID: orderID(fields),
		Code: code, Error: brief(err.Error()), Replays: Replays(fields), Fields: fields,
	}
}

// ID returns the id of the event that an entry carries: its event_id, or, when that is no UUID, its seal.
func ID(stream string, fields map[string]string) string {
	if id := fields["event_id"]; seal.IsID(id) {
		return strings.ToLower(id)
	}
	return seal.ID(stream, fields)
}

// Again returns the entry that replays the letter: the same event with the next replay count. An entry that named no
// event id gets the letter's, by which the dead letter ends when it is applied.
func (l Letter) Again() map[string]string {
	fields := maps.Clone(map[string]string(l.Fields))
	if fields["event_id"] == "" {
		fields["event_id"] = l.EventID
	}
	fields["replay_count"] = strconv.Itoa(l.Replays + 1)
	return fields
}

func orderID(fields map[string]string) int64 {
	id, err := strconv.ParseInt(fields["order_id"], 10, 64)
	if err != nil || id < 1 {
		return 0
	}
	return id
}

// Replays returns how often an entry says that it was replayed; 0 when that is no number of replays.
func Replays(fields map[string]string) int {
	n, err := strconv.ParseInt(fields["replay_count"], 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return int(n)
}

// brief makes a text that Postgres takes, of at most longest characters.
func brief(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
	n := 0
	for i := range text {
		if n == longest {
			return text[:i]
		}
		n++
	}
	return text
}
