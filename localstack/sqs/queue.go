package sqs

import (
	"slices"
	"strconv"
	"time"
)

// purgeEvery is SQS's pause between two purges of a queue.
const purgeEvery = time.Minute

// A queue holds messages, oldest first. Server.mu guards it.
type queue struct {
	name     string
	set      map[string]string // attributes that its owner set
	created  time.Time
	changed  time.Time // when the attributes were set
	purged   time.Time
	messages []*message
	wake     chan struct{} // closed, and replaced, when a message becomes visible
	log      *journal
}

func (q *queue) arn() string { return arnPrefix + q.name }

// attribute answers what is set, or the standard value; empty when there is neither.
func (q *queue) attribute(name string) string {
	if value := q.set[name]; value != "" {
		return value
	}
	return settings[name].standard
}

func (q *queue) number(name string) int {
	n, _ := strconv.Atoi(q.attribute(name)) // checked when it was set
	return n
}

func (q *queue) seconds(name string) time.Duration {
	return time.Duration(q.number(name)) * time.Second
}

// redrive answers nil when the queue has no dead-letter queue.
func (q *queue) redrive() *redrive { return parseRedrive(q.attribute("RedrivePolicy")) }

// notify wakes whoever polls the queue.
func (q *queue) notify() {
	close(q.wake)
	q.wake = make(chan struct{})
}

// add keeps a message and wakes whoever polls.
func (q *queue) add(m *message) error {
	if err := q.log.put(m); err != nil {
		return err
	}
	q.messages = append(q.messages, m)
	q.notify()
	return nil
}

// drop forgets messages.
func (q *queue) drop(gone ...*message) error {
	set := map[*message]bool{}
	for _, m := range gone {
		if err := q.log.gone(m); err != nil {
			return err
		}
		set[m] = true
	}
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool { return set[m] })
	return q.log.tidy(q)
}

// dropExpired forgets messages that are older than the queue keeps any.
func (q *queue) dropExpired(now time.Time) error {
	oldest := now.Add(-q.seconds("MessageRetentionPeriod"))
	var gone []*message
	for _, m := range q.messages {
		if !m.Sent.After(oldest) {
			gone = append(gone, m)
		}
	}
	if gone == nil {
		return nil
	}
	return q.drop(gone...)
}

// next answers when the first of the hidden messages becomes visible, limit at the latest.
func (q *queue) next(now, limit time.Time) time.Time {
	for _, m := range q.messages {
		if m.VisibleAt.After(now) && m.VisibleAt.Before(limit) {
			limit = m.VisibleAt
		}
	}
	return limit
}

// count answers how many messages can be received, are being worked on, and are delayed.
func (q *queue) count(now time.Time) (visible, hidden, delayed int) {
	for _, m := range q.messages {
		switch {
		case !m.VisibleAt.After(now):
			visible++
		case m.Receives > 0:
			hidden++
		default:
			delayed++
		}
	}
	return visible, hidden, delayed
}
