package sqs

import (
	"slices"
	"strconv"
	"strings"
)

// A shown message is one as a receiver sees it.
type shown struct {
	ID                string               `json:"MessageId"`
	Receipt           string               `json:"ReceiptHandle"`
	Body              string               `json:"Body"`
	ChecksumBody      string               `json:"MD5OfBody"`
	System            map[string]string    `json:"Attributes,omitempty"`
	Attributes        map[string]attribute `json:"MessageAttributes,omitempty"`
	ChecksumAttribute string               `json:"MD5OfMessageAttributes,omitempty"`
}

// shown answers the messages with the attributes that were asked for.
func (in receiveRequest) shown(q *queue, taken []*message) any {
	var out struct{ Messages []shown }
	asked := slices.Concat(in.AttributeNames, in.SystemNames)
	for _, m := range taken {
		attributes := m.chosen(in.MessageNames)
		out.Messages = append(out.Messages, shown{
			m.ID, q.receipt(m), m.Body, checksumOf(m.Body), m.system(asked), attributes, checksum(attributes),
		})
	}
	return out
}

// system answers the attributes that SQS itself gives a message.
func (m *message) system(asked []string) map[string]string {
	all := map[string]string{
		"ApproximateFirstReceiveTimestamp": milliseconds(m.FirstReceived),
		"ApproximateReceiveCount":          strconv.Itoa(m.Receives),
		"SenderId":                         account,
		"SentTimestamp":                    milliseconds(m.Sent),
	}
	if m.Source != "" {
		all["DeadLetterQueueSourceArn"] = m.Source
	}
	if trace, ok := m.System[traceHeader]; ok {
		all[traceHeader] = trace.StringValue
	}
	for name := range all {
		if !slices.Contains(asked, "All") && !slices.Contains(asked, name) {
			delete(all, name)
		}
	}
	return all
}

// chosen answers the sender's attributes by name: all with "All" or ".*", those with a prefix with "prefix.*".
func (m *message) chosen(asked []string) map[string]attribute {
	found := map[string]attribute{}
	for name, a := range m.Attributes {
		if slices.ContainsFunc(asked, func(pattern string) bool {
			prefix, wild := strings.CutSuffix(pattern, ".*")
			return pattern == "All" || pattern == name || wild && strings.HasPrefix(name, prefix)
		}) {
			found[name] = a
		}
	}
	return found
}
