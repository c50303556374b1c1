// Package queuetest is a platform.Queue in memory, for tests: SQS is a foreign system.
package queuetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/fault"
)

// Queue keeps messages as SQS does: one that was received is hidden, and comes again when it was not deleted. Its
// zero value is an empty queue. It may be used by many at once.
type Queue struct {
	mu       sync.Mutex
	messages []message
	sent     int
	away     func(ctx context.Context) error
}

type message struct {
	platform.Message

	hidden time.Time // until then
}

// Grant hands the queue in, under whatever name it is opened.
func (q *Queue) Grant() platform.Grant {
	return platform.Grant{Kind: "queue", Open: func(config.Config, string) any { return q }}
}

// Away makes every call fail as Unavailable, after what wait does; with nil the queue is back.
func (q *Queue) Away(wait func(ctx context.Context)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.away = nil
	if wait != nil {
		q.away = func(ctx context.Context) error {
			wait(ctx)
			return fault.New(fault.Unavailable, "", "The queue does not answer.")
		}
	}
}

// Bodies returns the messages that are there, hidden ones too, in the order in which they were sent.
func (q *Queue) Bodies() (bodies []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

// Send implements platform.Queue.
func (q *Queue) Send(ctx context.Context, body string) error {
	if err := q.reach(ctx); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent++
	q.messages = append(q.messages, message{Message: platform.Message{ID: fmt.Sprint(q.sent), Body: body}})
	return nil
}

// Receive implements platform.Queue. It does not wait.
func (q *Queue) Receive(ctx context.Context, most int, _, visibility time.Duration) (list []platform.Message, err error) {
	if err := q.reach(ctx); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for i := range q.messages {
		m := &q.messages[i]
		if len(list) < min(most, 10) && !m.hidden.After(now) {
			m.hidden, m.Receives = now.Add(visibility), m.Receives+1
			m.Receipt = fmt.Sprint(m.ID, "-", m.Receives)
			list = append(list, m.Message)
		}
	}
	return list, nil
}

// Delete implements platform.Queue.
func (q *Queue) Delete(ctx context.Context, receipts ...string) error {
	if err := q.reach(ctx); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = slices.DeleteFunc(q.messages, func(m message) bool { return m.Receipt != "" && slices.Contains(receipts, m.Receipt) })
	return nil
}

// Hide implements platform.Queue.
func (q *Queue) Hide(ctx context.Context, receipt string, d time.Duration) error {
	if err := q.reach(ctx); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.messages {
		if q.messages[i].Receipt == receipt {
			q.messages[i].hidden = time.Now().Add(d)
		}
	}
	return nil
}

func (q *Queue) reach(ctx context.Context) error {
	q.mu.Lock()
	away := q.away
	q.mu.Unlock()
	if away == nil {
		return nil
	}
	return away(ctx)
}
