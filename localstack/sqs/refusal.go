package sqs

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// A refusal is an error that the SDK decodes into one of its types by its kind.
type refusal struct {
	kind, message string
	status        int
}

func (r *refusal) Error() string { return r.kind + ": " + r.message }

// queryCodes are the codes of the older protocol, which the SDK reports where they differ from the kind.
var queryCodes = map[string]string{
	"BatchEntryIdsNotDistinct":       "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"BatchRequestTooLong":            "AWS.SimpleQueueService.BatchRequestTooLong",
	"EmptyBatchRequest":              "AWS.SimpleQueueService.EmptyBatchRequest",
	"InvalidBatchEntryId":            "AWS.SimpleQueueService.InvalidBatchEntryId",
	"MessageNotInflight":             "AWS.SimpleQueueService.MessageNotInflight",
	"PurgeQueueInProgress":           "AWS.SimpleQueueService.PurgeQueueInProgress",
	"QueueDoesNotExist":              "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":                "QueueAlreadyExists",
	"TooManyEntriesInBatchRequest":   "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"UnsupportedOperation":           "AWS.SimpleQueueService.UnsupportedOperation",
	"InvalidParameterValueException": "InvalidParameterValue",
	"MissingRequiredParameter":       "MissingParameter",
}

func (r *refusal) code() string {
	if code := queryCodes[r.kind]; code != "" {
		return code
	}
	return r.kind
}

func (r *refusal) fault() string {
	if r.status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// shape names the kind as the protocol does.
func (r *refusal) shape() string { return "com.amazonaws.sqs#" + r.kind }

func refuse(kind, format string, args ...any) *refusal {
	return &refusal{kind, fmt.Sprintf(format, args...), http.StatusBadRequest}
}

// invalid refuses a parameter's value.
func invalid(format string, args ...any) *refusal {
	return refuse("InvalidParameterValueException", format, args...)
}

func missing(parameter string) *refusal {
	return refuse("MissingRequiredParameter", "The request must contain the parameter %s.", parameter)
}

// within refuses a number outside its bounds.
func within(parameter string, value, low, high int) error {
	if value < low || value > high {
		return invalid("Value %d for parameter %s is invalid. Reason: Must be between %d and %d, if provided.", value, parameter, low, high)
	}
	return nil
}

// readAll reads the request's body.
func readAll(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		return nil, refuse("SerializationException", "The request's body ends early.")
	}
	if len(body) > maxRequest {
		return nil, &refusal{"RequestEntityTooLarge", "The request is too large.", http.StatusRequestEntityTooLarge}
	}
	return body, nil
}

// asRefusal answers the refusal that an entry of a batch met, or the error that ends the whole batch.
func asRefusal(err error) (*refusal, error) {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r, nil
	}
	return nil, err
}
