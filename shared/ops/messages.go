package ops

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"mercato/shared/platform"
	"mercato/shared/platform/deadletter"
)

// Messages counts what was done with messages.
type Messages struct {
	Sent    int `json:"sent"`    // that were missing
	Deleted int `json:"deleted"` // their letters are over, or gone
	Hidden  int `json:"hidden"`  // until their letters are due, or for long where these are parked
	Parked  int `json:"parked"`  // moved to orders-parking
}

const (
	// messagesAtOnce is how many messages one look receives, and how many missing ones it sends.
	messagesAtOnce = 100
	// handling is how long a message is hidden while it is looked at.
	handling = time.Minute
	// A message rests for a minute at least, the time to the next look. SQS allows 12 h from its receipt, which
	// was a moment ago.
	shortestRest, longestRest = time.Minute, 12*time.Hour - time.Minute
	// parkedRest is after how long a message that waits for a person is looked at again: so long its alarm may outlast
	// it, and a look at 100 a minute comes round to 1,500 in time.
	parkedRest = 15 * time.Minute
)

// box is a queue that is swept, and the one to which it passes on what nothing replays by itself any more; nil for
// the one where that stays.
type box struct {
	platform.Queue

	parking platform.Queue
}

// letterKey names a letter.
type letterKey struct {
	eventID uuid.UUID
	reader  string
}

// stand is how a letter stands.
type stand struct {
	state LetterState
	due   time.Duration // from now; 0 for one that is
}

// fate is what becomes of a message.
type fate uint8

const (
	remove fate = iota
	hide
	park
)

// fate decides by the letter; the zero stand is one that is gone.
func (s stand) fate() (fate, time.Duration) {
	switch s.state {
	case Dead, Replaying:
		return hide, min(max(s.due, shortestRest), longestRest)
	case Parked:
		return park, parkedRest
	default: // resolved, discarded or gone
		return remove, 0
	}
}

// sendMissing sends the messages of letters whose reader could not.
func (k *Keeper) sendMissing(ctx context.Context, done *Messages) error {
	unsent, err := lettersUnsent(ctx, k.db, messagesAtOnce)
	if err != nil {
		return fmt.Errorf("asking for unsent letters: %w", err)
	}
	var sent []Letter
	for _, l := range unsent {
		if l.EnvelopeCut {
			break // the next look begins with it
		}
		if err = k.dead.Send(ctx, l.carried().Marshal()); err != nil {
			break // the queue is away; a letter that was sent and is not marked is sent twice, which deletes like one
		}
		sent = append(sent, l)
	}
	done.Sent += len(sent)
	if len(sent) == 0 {
		return err //nolint:wrapcheck // it names the queue
	}
	return errors.Join(err, updateQueued(ctx, k.db, sent))
}

// sweep goes through the messages of a box until there are none, or as many as one look takes.
func (k *Keeper) sweep(ctx context.Context, b box, done *Messages) error {
	for received := 0; received < messagesAtOnce; {
		messages, err := b.Receive(ctx, messagesAtOnce-received, 0, handling)
		if err != nil || len(messages) == 0 {
			return err //nolint:wrapcheck // it names the queue
		}
		received += len(messages)
		if err := k.settle(ctx, b, messages, done); err != nil {
			return err
		}
	}
	return nil
}

// settle does with each message what its letter says.
func (k *Keeper) settle(ctx context.Context, b box, messages []platform.Message, done *Messages) error {
	var asked []letterKey
	for _, m := range messages {
		if key, ok := keyOf(m.Body); ok {
			asked = append(asked, key)
		}
	}
	letters, err := standing(ctx, k.db, asked)
	if err != nil {
		return fmt.Errorf("asking for the letters of messages: %w", err)
	}
	var over []string
	for _, m := range messages {
		what, rest := park, parkedRest
		if key, ok := keyOf(m.Body); ok {
			what, rest = letters[key].fate()
		}
		switch {
		case what == remove:
			over = append(over, m.Receipt)
		case what == park && b.parking != nil:
			err = errors.Join(err, count(&done.Parked, b.park(ctx, m)))
		default:
			err = errors.Join(err, count(&done.Hidden, b.Hide(ctx, m.Receipt, rest)))
		}
	}
	if failed := b.Delete(ctx, over...); failed != nil {
		return errors.Join(err, failed)
	}
	done.Deleted += len(over)
	return err
}

// park moves a message; one that is moved twice lies there twice.
func (b box) park(ctx context.Context, m platform.Message) error {
	if err := b.parking.Send(ctx, m.Body); err != nil {
		return err //nolint:wrapcheck // it names the queue
	}
	return b.Delete(ctx, m.Receipt) //nolint:wrapcheck // it names the queue
}

// count counts a success.
func count(n *int, err error) error {
	if err == nil {
		*n++
	}
	return err
}

// keyOf reads which letter a message belongs to; not ok for one that is none of ours.
func keyOf(body string) (key letterKey, ok bool) {
	l, err := deadletter.Parse(body)
	if err != nil {
		return key, false
	}
	id, err := uuid.Parse(l.EventID)
	return letterKey{id, l.Reader}, err == nil
}
