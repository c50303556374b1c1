package deadletter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"mercato/shared/platform/seal"
)

// message is the body of an SQS message.
type message struct {
	EventID   string `json:"event_id"`
	Reader    string `json:"reader"`
	Stream    string `json:"stream"`
	Replays   int    `json:"replay_count"`
	ErrorCode string `json:"error_code"`
	Fields    Fields `json:"fields"`
}

// longestMessage is what SQS takes, unless the queue says otherwise: 256 KiB.
const longestMessage = 256 << 10

// Marshal writes the letter's message. One that would be too long for SQS goes without its fields: the row has them.
func (l Letter) Marshal() string {
	m := message{l.EventID, l.Reader, l.Stream, l.Replays, l.Code, l.Fields}
	if body := write(m); len(body) <= longestMessage {
		return body
	}
	m.Fields = nil
	return write(m)
}

func write(m message) string {
	if m.Fields == nil { // a nil map has a MarshalJSON too
		m.Fields = Fields{}
	}
	body, _ := json.Marshal(m) // numbers and strings: it cannot fail
	return string(body)
}

// Parse reads a message. It refuses, as malformed, a body that Marshal would not have written but for white space.
func Parse(body string) (Letter, error) {
	var m message
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return Letter{}, fmt.Errorf("dead letter: %w", err)
	}
	if !seal.IsID(m.EventID) || strings.ToLower(m.EventID) != m.EventID || m.Reader == "" || m.Stream == "" || m.ErrorCode == "" || m.Replays < 0 {
		return Letter{}, errors.New("dead letter: not an event that a reader could not apply")
	}
	l := Letter{
		EventID: m.EventID, Reader: m.Reader, Stream: m.Stream, OrderID: orderID(m.Fields),
		Code: m.ErrorCode, Replays: m.Replays, Fields: m.Fields,
	}
	if len(l.Fields) == 0 {
		l.Fields = nil
	}
	var same bytes.Buffer
	if err := json.Compact(&same, []byte(body)); err != nil || same.String() != l.Marshal() {
		return Letter{}, errors.New("dead letter: written by somebody else")
	}
	return l, nil
}
