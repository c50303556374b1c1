package sqs

import "time"

// maxBatch is the most that a batch may weigh, in bytes.
const maxBatch = 1 << 20

// outgoing is a message on its way in.
type outgoing struct {
	ID         string               `json:"Id"` // in a batch
	Body       string               `json:"MessageBody"`
	Delay      *int                 `json:"DelaySeconds"`
	Attributes map[string]attribute `json:"MessageAttributes"`
	System     map[string]attribute `json:"MessageSystemAttributes"`
	Dedup      string               `json:"MessageDeduplicationId"`
}

type sendRequest struct {
	QueueURL string `json:"QueueUrl"`
	outgoing
}

type sent struct {
	ID                string `json:"Id,omitempty"`
	MessageID         string `json:"MessageId"`
	ChecksumBody      string `json:"MD5OfMessageBody"`
	ChecksumAttribute string `json:"MD5OfMessageAttributes,omitempty"`
	ChecksumSystem    string `json:"MD5OfMessageSystemAttributes,omitempty"`
}

func (o outgoing) size() int { return len(o.Body) + size(o.Attributes) }

func (o outgoing) check(q *queue) error {
	switch {
	case o.Body == "":
		return missing("MessageBody")
	case o.Dedup != "":
		return invalid("Value %s for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.", o.Dedup)
	case !legible(o.Body):
		return refuse("InvalidMessageContents", "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
	case o.size() > q.number("MaximumMessageSize"):
		return invalid("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.number("MaximumMessageSize"))
	}
	if o.Delay != nil {
		if err := within("DelaySeconds", *o.Delay, 0, 900); err != nil {
			return err
		}
	}
	return checkAttributes(o.Attributes, o.System)
}

func (o outgoing) send(q *queue) (sent, error) {
	if err := o.check(q); err != nil {
		return sent{}, err
	}
	delay := q.seconds("DelaySeconds")
	if o.Delay != nil {
		delay = time.Duration(*o.Delay) * time.Second
	}
	m := newMessage(o.Body, o.Attributes, o.System, delay)
	return sent{o.ID, m.ID, checksumOf(m.Body), checksum(m.Attributes), checksum(m.System)}, q.add(m)
}

func (s *Server) send(_ call, in sendRequest) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	in.ID = ""
	return in.send(q)
}

func (s *Server) sendBatch(_ call, in batch[outgoing]) (any, error) {
	total := 0
	for _, o := range in.Entries {
		total += o.size()
	}
	if total > maxBatch {
		return nil, refuse("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatch, total)
	}
	return each(s, in, func(q *queue, o outgoing) (any, error) { return o.send(q) })
}

func (o outgoing) entry() string { return o.ID }
