package sqs

import (
	"encoding/base64"
	"slices"
	"time"
)

const maxTasks = 10 // of a queue, that are listed

// A task moves the messages of a dead-letter queue back.
type task struct {
	id      string
	source  *queue
	target  *queue // nil means where each message came from
	rate    int    // messages a second; 0 means as fast as possible
	started time.Time
	status  string
	reason  string
	moved   int
	total   int
	timer   *time.Timer
}

const (
	running   = "RUNNING"
	completed = "COMPLETED"
	canceled  = "CANCELLED"
	failed    = "FAILED"
)

type moveRequest struct {
	Source string `json:"SourceArn"`
	Target string `json:"DestinationArn"`
	Rate   *int   `json:"MaxNumberOfMessagesPerSecond"`
	Max    *int   `json:"MaxResults"`
	Handle string `json:"TaskHandle"`
}

func errNoResource(parameter string) error {
	return refuse("ResourceNotFoundException", "The resource that you specified for the %s parameter doesn't exist.", parameter)
}

func (s *Server) startMove(_ call, in moveRequest) (any, error) {
	t := &task{source: s.byARN(in.Source), target: s.byARN(in.Target), started: time.Now(), status: running}
	switch {
	case in.Source == "":
		return nil, missing("SourceArn")
	case t.source == nil:
		return nil, errNoResource("SourceArn")
	case in.Target != "" && t.target == nil:
		return nil, errNoResource("DestinationArn")
	case len(s.sources(t.source)) == 0:
		return nil, invalid("Source queue must be configured as a Dead Letter Queue.")
	case slices.ContainsFunc(s.tasks, func(o *task) bool { return o.source == t.source && o.status == running }):
		return nil, refuse("UnsupportedOperation", "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
	}
	if in.Rate != nil {
		if err := within("MaxNumberOfMessagesPerSecond", *in.Rate, 1, 500); err != nil {
			return nil, err
		}
		t.rate = *in.Rate
	}
	t.total, _, _ = t.source.count(t.started)
	t.id = base64.RawURLEncoding.EncodeToString([]byte(t.source.name + " " + milliseconds(t.started)))
	s.tasks = append(s.tasks, t)
	s.step(t)
	return map[string]string{"TaskHandle": t.id}, nil
}

// step moves what a task may move in a second, and comes back after that second when something is left.
func (s *Server) step(t *task) {
	now := time.Now()
	for n := 0; t.rate == 0 || n < t.rate; n++ {
		at := slices.IndexFunc(t.source.messages, func(m *message) bool { return !m.VisibleAt.After(now) })
		if at < 0 || t.moved == t.total { // what came after the start waits for another task
			t.status = completed
			return
		}
		if err := s.moveBack(t, t.source.messages[at]); err != nil {
			t.status, t.reason = failed, err.Error()
			return
		}
		t.moved++
	}
	t.timer = time.AfterFunc(time.Second, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed && t.status == running {
			s.step(t)
		}
	})
}

// moveBack sends a message again: a redriven message is a new one, with an age and receipts of its own.
func (s *Server) moveBack(t *task, m *message) error {
	target := t.target
	if target == nil {
		target = s.byARN(m.Source)
	}
	if target == nil {
		return refuse("CouldNotDetermineMessageSource", "a message did not come from another queue")
	}
	if err := target.add(newMessage(m.Body, m.Attributes, m.System, 0)); err != nil {
		return err
	}
	return t.source.drop(m)
}

func (t *task) stop() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

func (s *Server) cancelMove(_ call, in moveRequest) (any, error) {
	for _, t := range s.tasks {
		if t.id != in.Handle {
			continue
		}
		if t.status != running {
			return nil, refuse("UnsupportedOperation", "Only active tasks can be cancelled.")
		}
		t.stop()
		t.status = canceled
		return map[string]int{"ApproximateNumberOfMessagesMoved": t.moved}, nil
	}
	return nil, errNoResource("TaskHandle")
}
