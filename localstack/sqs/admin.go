package sqs

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

type createRequest struct {
	Name       string `json:"QueueName"`
	Attributes map[string]string
}

type queueRequest struct {
	QueueURL   string `json:"QueueUrl"`
	Name       string `json:"QueueName"`
	Attributes map[string]string
	Asked      []string `json:"AttributeNames"`
}

func (c call) url(name string) string { return c.base + "/" + account + "/" + name }

// createQueue answers a queue that is there already, unless an attribute in the request says otherwise than the queue's.
func (s *Server) createQueue(c call, in createRequest) (any, error) {
	if strings.HasSuffix(in.Name, ".fifo") {
		return nil, errFIFO()
	}
	if !queueName.MatchString(in.Name) {
		return nil, invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	if err := s.checkSettings(in.Attributes); err != nil {
		return nil, err
	}
	if q := s.queues[in.Name]; q != nil {
		for name, value := range in.Attributes {
			if q.attribute(name) != value {
				return nil, refuse("QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", name)
			}
		}
		return map[string]string{"QueueUrl": c.url(q.name)}, nil
	}
	now := time.Now()
	q := &queue{name: in.Name, set: map[string]string{}, created: now, changed: now, wake: make(chan struct{})}
	maps.Copy(q.set, in.Attributes)
	var err error
	if q.log, err = makeJournal(s.directory, q); err != nil {
		return nil, err
	}
	s.queues[q.name] = q
	return map[string]string{"QueueUrl": c.url(q.name)}, nil
}

func (s *Server) deleteQueue(_ call, in queueRequest) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	delete(s.queues, q.name)
	q.notify()
	return nil, q.log.remove()
}

func (s *Server) getQueueURL(c call, in queueRequest) (any, error) {
	q, err := s.named(in.Name)
	if err != nil {
		return nil, err
	}
	return map[string]string{"QueueUrl": c.url(q.name)}, nil
}

func (s *Server) getAttributes(_ call, in queueRequest) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	all := q.attributes()
	if slices.Contains(in.Asked, "All") {
		return map[string]any{"Attributes": all}, nil
	}
	chosen := map[string]string{}
	for _, name := range in.Asked {
		value, found := all[name]
		if _, known := settings[name]; !found && !known {
			return nil, refuse("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
		if found {
			chosen[name] = value
		}
	}
	return map[string]any{"Attributes": chosen}, nil
}

// attributes answers everything that is known of a queue.
func (q *queue) attributes() map[string]string {
	visible, hidden, delayed := q.count(time.Now())
	all := map[string]string{
		"QueueArn":                              q.arn(),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.changed.Unix(), 10),
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
	}
	for name := range settings {
		if value := q.attribute(name); value != "" {
			all[name] = value
		}
	}
	return all
}

func (s *Server) setAttributes(_ call, in queueRequest) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := s.checkSettings(in.Attributes); err != nil {
		return nil, err
	}
	maps.Copy(q.set, in.Attributes)
	q.changed = time.Now()
	return nil, q.log.settings(q)
}

func (s *Server) purge(_ call, in queueRequest) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if time.Since(q.purged) < purgeEvery {
		return nil, refuse("PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
	}
	q.purged = time.Now()
	return nil, q.drop(slices.Clone(q.messages)...)
}
