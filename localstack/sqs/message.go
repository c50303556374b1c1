package sqs

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	maxWait       = 20    // seconds that a long poll may wait
	maxVisibility = 43200 // seconds, 12 hours, that a message may stay hidden after it was received
)

// A message is one that a queue holds.
type message struct {
	ID            string
	Body          string               `json:",omitempty"`
	Attributes    map[string]attribute `json:",omitempty"`
	System        map[string]attribute `json:",omitempty"`
	Sent          time.Time
	VisibleAt     time.Time
	FirstReceived time.Time
	Received      time.Time // last
	Receives      int
	Source        string `json:",omitempty"` // ARN of the queue whose dead letter it is
}

// newMessage makes a message that is visible after the delay.
func newMessage(body string, attributes, system map[string]attribute, delay time.Duration) *message {
	now := time.Now()
	return &message{
		ID: uuid.NewString(), Body: body, Attributes: attributes, System: system,
		Sent: now, VisibleAt: now.Add(delay),
	}
}

// touched is the message without what never changes.
func (m *message) touched() *message {
	changed := *m
	changed.Body, changed.Attributes, changed.System = "", nil, nil
	return &changed
}

// restore is the opposite of touched.
func (m *message) restore(body *message) {
	m.Body, m.Attributes, m.System = body.Body, body.Attributes, body.System
}

// receipt is the handle of one receipt of a message. It names the queue, so that another queue refuses it, and the
// receipt, so that only the last one counts.
type receipt struct {
	queue, id string
	receives  int
}

func (q *queue) receipt(m *message) string {
	return base64.RawURLEncoding.EncodeToString([]byte(q.name + " " + m.ID + " " + strconv.Itoa(m.Receives)))
}

func parseReceipt(handle string) (receipt, bool) {
	text, err := base64.RawURLEncoding.DecodeString(handle)
	if err != nil {
		return receipt{}, false
	}
	parts := strings.Split(string(text), " ")
	if len(parts) != 3 || uuid.Validate(parts[1]) != nil {
		return receipt{}, false
	}
	n, err := strconv.Atoi(parts[2])
	return receipt{parts[0], parts[1], n}, err == nil
}

// find answers the message of a receipt: nil when it is gone, or was received again since. As in AWS a receipt stays good
// when the message has become visible, until somebody else receives it.
func (q *queue) find(handle string) (*message, error) {
	if handle == "" {
		return nil, missing("ReceiptHandle")
	}
	r, ok := parseReceipt(handle)
	if !ok || r.queue != q.name {
		return nil, refuse("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", handle)
	}
	for _, m := range q.messages {
		if m.ID == r.id && m.Receives == r.receives {
			return m, nil
		}
	}
	return nil, nil
}
