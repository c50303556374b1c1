package sqs

import (
	"slices"
	"time"
)

// maxHidden is how many messages of a queue may be worked on at a time.
const maxHidden = 120_000

type receiveRequest struct {
	QueueURL       string `json:"QueueUrl"`
	Max            *int   `json:"MaxNumberOfMessages"`
	Wait           *int   `json:"WaitTimeSeconds"`
	Visibility     *int   `json:"VisibilityTimeout"`
	AttributeNames []string
	SystemNames    []string `json:"MessageSystemAttributeNames"`
	MessageNames   []string `json:"MessageAttributeNames"`
}

// receive answers at once when there is a message, and otherwise as soon as there is one or the wait is over.
func (s *Server) receive(c call, in receiveRequest) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	most, wait, visibility, err := in.bounds(q)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(wait)
	for {
		taken, err := s.take(q, most, visibility)
		if err != nil {
			return nil, err
		}
		if len(taken) > 0 || !s.pause(c, q, deadline) {
			return in.shown(q, taken), nil
		}
		if s.queues[q.name] != q {
			return nil, refuse("QueueDoesNotExist", "The specified queue does not exist.")
		}
	}
}

// bounds answers what the request asks for, or the queue says where it is silent.
func (in receiveRequest) bounds(q *queue) (most int, wait, visibility time.Duration, err error) {
	most, wait, visibility = 1, q.seconds("ReceiveMessageWaitTimeSeconds"), q.seconds("VisibilityTimeout")
	if in.Max != nil {
		most, err = *in.Max, within("MaxNumberOfMessages", *in.Max, 1, maxEntries)
	}
	if in.Wait != nil && err == nil {
		wait, err = time.Duration(*in.Wait)*time.Second, within("WaitTimeSeconds", *in.Wait, 0, maxWait)
	}
	if in.Visibility != nil && err == nil {
		visibility, err = time.Duration(*in.Visibility)*time.Second, within("VisibilityTimeout", *in.Visibility, 0, maxVisibility)
	}
	return most, wait, visibility, err
}

// take hides visible messages and answers them. Those that were received often enough go to the dead-letter queue instead.
func (s *Server) take(q *queue, most int, visibility time.Duration) ([]*message, error) {
	now := time.Now()
	if err := q.dropExpired(now); err != nil {
		return nil, err
	}
	if _, hidden, _ := q.count(now); hidden >= maxHidden {
		return nil, refuse("OverLimit", "Too many messages in flight.")
	}
	policy := q.redrive()
	var taken []*message
	for _, m := range slices.Clone(q.messages) {
		if len(taken) == most {
			break
		}
		if m.VisibleAt.After(now) {
			continue
		}
		if policy != nil && m.Receives >= policy.receives() {
			if buried, err := s.bury(q, m, policy); buried || err != nil {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		if err := q.hand(m, now, visibility); err != nil {
			return nil, err
		}
		taken = append(taken, m)
	}
	return taken, nil
}

// hand records that a message is received.
func (q *queue) hand(m *message, now time.Time, visibility time.Duration) error {
	if m.Receives++; m.Receives == 1 {
		m.FirstReceived = now
	}
	m.Received, m.VisibleAt = now, now.Add(visibility)
	return q.log.touch(m)
}

// bury moves a message to the dead-letter queue, if that is still there. The message keeps its age and its receipts.
func (s *Server) bury(q *queue, m *message, policy *redrive) (bool, error) {
	target := s.byARN(policy.Target)
	if target == nil || target == q {
		return false, nil
	}
	dead := *m
	dead.Source = q.arn()
	if err := target.add(&dead); err != nil {
		return false, err
	}
	return true, q.drop(m)
}

// pause waits until something may have become visible, and tells whether it is worth looking.
func (s *Server) pause(c call, q *queue, deadline time.Time) bool {
	now := time.Now()
	if !now.Before(deadline) {
		return false
	}
	wake, timer := q.wake, time.NewTimer(q.next(now, deadline).Sub(now))
	defer timer.Stop()
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-wake:
	case <-timer.C:
	case <-c.Done():
	case <-s.ended:
		return false
	}
	return c.Err() == nil // a message for a caller who left would stay hidden for nothing
}
