package ops

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/stream"
)

// LetterState is how a dead letter stands.
type LetterState string

// The states. A letter waits while it is Dead (the schedule will replay it) or Parked (a person must).
const (
	Dead      LetterState = "dead"
	Replaying LetterState = "replaying" // sent again, and nobody has said what became of it
	Parked    LetterState = "parked"
	Resolved  LetterState = "resolved"  // its event was applied after all
	Discarded LetterState = "discarded" // a person has decided that it never will be
)

// Letter is an event that a domain could not apply.
type Letter struct {
	EventID     uuid.UUID
	Reader      string // the domain
	Stream      string
	OrderID     *int64 // nil when the event is about none, or nobody can tell
	ErrorCode   string
	Error       string
	Attempts    int // failures before the last burial
	ReplayCount int
	Sends       int // of the last replay
	State       LetterState
	DueAt       *time.Time // when the schedule does something about it; nil when it never will
	FirstSeen   time.Time
	LastSeen    time.Time
	Envelope    Envelope
	EnvelopeCut bool // the envelope is an excerpt, or was not read at all
}

// Envelope is the fields of a letter's entry as they are kept: what is no text is written as deadletter.Fields does.
type Envelope map[string]string

// UnmarshalJSON reads any object, so that one strange row does not hide the others: what is no text is kept as its JSON.
func (e *Envelope) UnmarshalJSON(blob []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(blob, &fields); err != nil {
		return err //nolint:wrapcheck // encoding/json calls this
	}
	*e = make(Envelope, len(fields))
	for name, raw := range fields {
		text := string(raw)
		if text != "null" {
			_ = json.Unmarshal(raw, &text) // or else it stays as it is
		}
		(*e)[name] = text
	}
	return nil
}

// fields are the entry's own bytes.
func (e Envelope) fields() (fields deadletter.Fields) {
	blob, _ := json.Marshal(e) // texts: it cannot fail
	if json.Unmarshal(blob, &fields) != nil {
		return deadletter.Fields(e)
	}
	return fields
}

// carried is the letter as its message carries it.
func (l Letter) carried() deadletter.Letter {
	return deadletter.Letter{
		EventID: l.EventID.String(), Reader: l.Reader, Stream: l.Stream, Code: l.ErrorCode, Replays: l.ReplayCount, Fields: l.Envelope.fields(),
	}
}

// message is the letter's entry once more, for the replay that is counted already.
func (l Letter) message() stream.Message {
	before := l.carried()
	before.Replays--
	return stream.Message{EventID: before.EventID, Stream: l.Stream, Fields: before.Again()}
}

// replayed is the letter when it is sent again. A replay that nobody has confirmed is repeated under the same
// count, so that whoever hears both takes one.
func (l Letter) replayed() Letter {
	if l.State == Replaying {
		l.Sends++
		return l
	}
	l.State, l.ReplayCount, l.Sends = Replaying, l.ReplayCount+1, 1
	return l
}

// discarded is the letter when it is given up. A replay that is under way is taken back: its reader asks how often the
// letter was replayed, and then the copy is one more of what lies buried.
func (l Letter) discarded() Letter {
	if l.State == Replaying {
		l.ReplayCount = max(l.ReplayCount-1, 0)
	}
	l.State, l.DueAt = Discarded, nil
	return l
}

// counted says which replay of a letter this is, for the audit.
func (l Letter) counted() string { return "replay " + strconv.Itoa(l.ReplayCount) + " for " + l.Reader }

const (
	firstConfirm = time.Minute      // a reader takes seconds; its retries of an entry that fails, about a minute
	lastConfirm  = 10 * time.Minute // as the relay's longest: a reader that is down for a day finds 150 copies at the most
)

// confirmWithin is how long a replay that was sent so often waits to be resolved or buried before it is sent again.
func confirmWithin(sends int) time.Duration {
	const doublings = 10 // beyond lastConfirm for certain, and no overflow
	return min(firstConfirm<<min(max(sends-1, 0), doublings), lastConfirm)
}

// mayReplay is a Conflict for a letter that is over.
func (l Letter) mayReplay() error {
	switch l.State {
	case Resolved:
		return fault.New(fault.Conflict, "resolved", "A letter among these is resolved: its event was applied. Nothing was replayed.")
	case Discarded:
		return fault.New(fault.Conflict, "discarded", "A letter among these was discarded. Nothing was replayed.")
	default:
		return nil
	}
}

// mayDiscard is a Conflict for a letter whose event was applied.
func (l Letter) mayDiscard() error {
	if l.State == Resolved {
		return fault.New(fault.Conflict, "resolved", "A letter among these is resolved: its event was applied. Nothing was discarded.")
	}
	return nil
}

// known is a NotFound unless every id has a letter.
func known(ids []uuid.UUID, letters []Letter) error {
	there := make(map[uuid.UUID]bool, len(letters))
	for _, l := range letters {
		there[l.EventID] = true
	}
	for _, id := range ids {
		if !there[id] {
			return fault.New(fault.NotFound, "", "Not all of these are dead letters. Nothing was changed.")
		}
	}
	return nil
}
