package template

import (
	"encoding/json"
	"strconv"

	"gopkg.in/yaml.v3"
)

const queueType = "AWS::SQS::Queue"

// Queue is one AWS::SQS::Queue.
type Queue struct {
	LogicalID, Name string
	Attributes      map[string]string // those that the template sets, as the service's API takes them; never nil
}

// queueProperties are the properties that are attributes of a standard queue. True ones are JSON objects.
var queueProperties = map[string]bool{
	"DelaySeconds":                  false,
	"KmsDataKeyReusePeriodSeconds":  false,
	"KmsMasterKeyId":                false,
	"MaximumMessageSize":            false,
	"MessageRetentionPeriod":        false,
	"ReceiveMessageWaitTimeSeconds": false,
	"RedriveAllowPolicy":            true,
	"RedrivePolicy":                 true,
	"SqsManagedSseEnabled":          false,
	"VisibilityTimeout":             false,
}

func readQueue(r *resolver, id string, resource *yaml.Node) (Queue, error) {
	q := Queue{LogicalID: id, Attributes: map[string]string{}}
	var err error
	if q.Name, err = nameOf(r, id, resource, "QueueName"); err != nil {
		return q, err
	}
	set := child(resource, "Properties")
	if set == nil {
		return q, nil
	}
	entries, err := fields(set)
	if err != nil {
		return q, err
	}
	for _, e := range entries {
		if e.name == "QueueName" || e.name == "Tags" { // tags are for the bill
			continue
		}
		object, known := queueProperties[e.name]
		if !known {
			return q, at(e.value, "queue property %s has no counterpart on one machine", e.name)
		}
		if err := readAttribute(r, &q, e, object); err != nil {
			return q, err
		}
	}
	return q, nil
}

func readAttribute(r *resolver, q *Queue, e field, object bool) error {
	v, err := r.resolve(e.value)
	if err != nil || v == nil { // AWS::NoValue
		return err
	}
	text, single := v.(string)
	members, _ := v.(map[string]any)
	switch {
	case !object && !single:
		return at(e.value, "%s must be a single value", e.name)
	case object && !single && members == nil:
		return at(e.value, "%s must be an object", e.name)
	case object && single: // some write the JSON themselves
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			return at(e.value, "%s is not JSON", e.name)
		}
	}
	if e.name == "RedrivePolicy" {
		if err := checkRedrive(e.value, members); err != nil {
			return err
		}
	}
	if object {
		encoded, err := json.Marshal(members) // of texts, lists and maps
		if err != nil {
			return at(e.value, "%s: %v", e.name, err)
		}
		text = string(encoded)
	}
	q.Attributes[e.name] = text
	return nil
}

// checkRedrive holds what not every emulator checks.
func checkRedrive(n *yaml.Node, policy map[string]any) error {
	target, _ := policy["deadLetterTargetArn"].(string)
	receives, err := strconv.Atoi(textOf(policy["maxReceiveCount"]))
	if target == "" || err != nil || receives < 1 {
		return at(n, "RedrivePolicy needs a deadLetterTargetArn and a maxReceiveCount")
	}
	return nil
}

// textOf is a number of a template, or of JSON that stands in one.
func textOf(v any) string {
	if number, ok := v.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	text, _ := v.(string)
	return text
}
