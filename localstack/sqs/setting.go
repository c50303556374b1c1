package sqs

import (
	"encoding/json"
	"strconv"
	"strings"
)

// A setting is an attribute of a queue that its owner may set.
type setting struct {
	standard string // its value when nobody set one; none when empty
	valid    func(string) bool
}

var settings = map[string]setting{
	"DelaySeconds":                  {"0", number(0, 900)},
	"MaximumMessageSize":            {"1048576", number(1024, 1<<20)}, // bytes
	"MessageRetentionPeriod":        {"345600", number(60, 1209600)},  // seconds: 4 days, 14 at most
	"ReceiveMessageWaitTimeSeconds": {"0", number(0, maxWait)},
	"VisibilityTimeout":             {"30", number(0, maxVisibility)}, // seconds
	"RedrivePolicy":                 {"", func(text string) bool { return parseRedrive(text) != nil }},
	"RedriveAllowPolicy":            {"", object},
	"Policy":                        {"", object},
	"KmsMasterKeyId":                {"", func(string) bool { return true }},
	"KmsDataKeyReusePeriodSeconds":  {"", number(60, 86400)},
	"SqsManagedSseEnabled":          {"true", func(text string) bool { return text == "true" || text == "false" }},
}

func number(low, high int) func(string) bool {
	return func(text string) bool {
		n, err := strconv.Atoi(text)
		return err == nil && n >= low && n <= high
	}
}

func object(text string) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &members) == nil
}

// redrive is a queue's RedrivePolicy.
type redrive struct {
	Target string      `json:"deadLetterTargetArn"`
	Max    json.Number `json:"maxReceiveCount"` // templates write a number, some tools a string
}

// parseRedrive answers nil for a text that is no policy.
func parseRedrive(text string) *redrive {
	var policy redrive
	if json.Unmarshal([]byte(text), &policy) != nil || !strings.HasPrefix(policy.Target, arnPrefix) || !number(1, 1000)(policy.Max.String()) {
		return nil
	}
	return &policy
}

func (r *redrive) receives() int {
	n, _ := strconv.Atoi(r.Max.String()) // checked when it was set
	return n
}

// checkSettings refuses attributes that a standard queue does not have, and values that they cannot have.
func (s *Server) checkSettings(attributes map[string]string) error {
	for name, value := range attributes {
		if name == "FifoQueue" || name == "ContentBasedDeduplication" {
			return errFIFO()
		}
		known, ok := settings[name]
		if !ok {
			return refuse("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
		if value != "" && !known.valid(value) || value == "" && known.standard != "" {
			return refuse("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
		}
		if policy := parseRedrive(value); name == "RedrivePolicy" && policy != nil && s.byARN(policy.Target) == nil {
			return invalid("Value %s for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.", value)
		}
	}
	return nil
}

func errFIFO() error {
	return refuse("UnsupportedOperation", "FIFO queues are not emulated here: only standard queues are.")
}
