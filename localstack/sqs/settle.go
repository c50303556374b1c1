package sqs

import "time"

// settled is a message that its receiver is done with, or wants to hide for another while.
type settled struct {
	ID         string `json:"Id"` // in a batch
	Receipt    string `json:"ReceiptHandle"`
	Visibility *int   `json:"VisibilityTimeout"`
}

type settleRequest struct {
	QueueURL string `json:"QueueUrl"`
	settled
}

func (e settled) entry() string { return e.ID }

type done struct {
	ID string `json:"Id"`
}

// delete succeeds, and deletes nothing, when the message is gone or was received again since.
func (e settled) delete(q *queue) (any, error) {
	m, err := q.find(e.Receipt)
	if m == nil || err != nil {
		return done{e.ID}, err
	}
	return done{e.ID}, q.drop(m)
}

// hide sets when a message that is being worked on becomes visible, counted from now.
func (e settled) hide(q *queue) (any, error) {
	if e.Visibility == nil {
		return nil, missing("VisibilityTimeout")
	}
	if err := within("VisibilityTimeout", *e.Visibility, 0, maxVisibility); err != nil {
		return nil, err
	}
	m, err := q.find(e.Receipt)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	until := now.Add(time.Duration(*e.Visibility) * time.Second)
	switch {
	case m == nil:
		return nil, invalid("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", e.Receipt)
	case !m.VisibleAt.After(now):
		return nil, refuse("MessageNotInflight", "The specified message isn't in flight.")
	case until.Sub(m.Received) > maxVisibility*time.Second:
		return nil, invalid("Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [%d seconds].", *e.Visibility, maxVisibility)
	}
	m.VisibleAt = until
	q.notify()
	return done{e.ID}, q.log.touch(m)
}

func (s *Server) settle(in settleRequest, do func(settled, *queue) (any, error)) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	_, err = do(in.settled, q)
	return nil, err
}

func (s *Server) remove(_ call, in settleRequest) (any, error) { return s.settle(in, settled.delete) }

func (s *Server) hide(_ call, in settleRequest) (any, error) { return s.settle(in, settled.hide) }

func (s *Server) removeBatch(_ call, in batch[settled]) (any, error) {
	return each(s, in, func(q *queue, e settled) (any, error) { return e.delete(q) })
}

func (s *Server) hideBatch(_ call, in batch[settled]) (any, error) {
	return each(s, in, func(q *queue, e settled) (any, error) { return e.hide(q) })
}
