package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// maxRequest bounds a request's body, in bytes: a batch holds 1 MiB, and JSON writes a byte in six at most.
const maxRequest = 7 << 20

const contentType = "application/x-amz-json-1.0"

// A call is one request under way.
type call struct {
	context.Context //nolint:containedctx // it lives as long as the request

	base string // URL of this server, as the caller names it
}

type operation func(*Server, call, []byte) (any, error)

// operations are those that this SQS knows.
var operations = map[string]operation{
	"CreateQueue":                  typed((*Server).createQueue),
	"DeleteQueue":                  typed((*Server).deleteQueue),
	"GetQueueUrl":                  typed((*Server).getQueueURL),
	"ListQueues":                   typed((*Server).listQueues),
	"ListDeadLetterSourceQueues":   typed((*Server).listSources),
	"GetQueueAttributes":           typed((*Server).getAttributes),
	"SetQueueAttributes":           typed((*Server).setAttributes),
	"PurgeQueue":                   typed((*Server).purge),
	"SendMessage":                  typed((*Server).send),
	"SendMessageBatch":             typed((*Server).sendBatch),
	"ReceiveMessage":               typed((*Server).receive),
	"DeleteMessage":                typed((*Server).remove),
	"DeleteMessageBatch":           typed((*Server).removeBatch),
	"ChangeMessageVisibility":      typed((*Server).hide),
	"ChangeMessageVisibilityBatch": typed((*Server).hideBatch),
	"StartMessageMoveTask":         typed((*Server).startMove),
	"ListMessageMoveTasks":         typed((*Server).listMoves),
	"CancelMessageMoveTask":        typed((*Server).cancelMove),
}

// typed decodes the request of an operation.
func typed[In any](do func(*Server, call, In) (any, error)) operation {
	return func(s *Server, c call, body []byte) (any, error) {
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, refuse("SerializationException", "The request is not understood: %v", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			return nil, &refusal{kind: "ServiceUnavailable", message: "The queues are closed.", status: http.StatusServiceUnavailable}
		}
		return do(s, c, in)
	}
}

// ServeHTTP answers one operation of the JSON 1.0 protocol. A page in a browser cannot reach it: the target's header
// needs a preflight, which is refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := s.answer(r)
	if err != nil {
		failed, ok := errors.AsType[*refusal](err)
		if !ok { // the disk
			failed = &refusal{kind: "InternalFailure", message: err.Error(), status: http.StatusInternalServerError}
		}
		w.Header().Set("X-Amzn-Query-Error", failed.code()+";"+failed.fault())
		write(w, failed.status, map[string]string{"__type": failed.shape(), "message": failed.message})
		return
	}
	if out == nil {
		out = struct{}{}
	}
	write(w, http.StatusOK, out)
}

func (s *Server) answer(r *http.Request) (any, error) {
	name, found := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	do := operations[name]
	if r.Method != http.MethodPost || !found || do == nil {
		return nil, refuse("UnknownOperationException", "The operation %q is not one that this SQS knows.", name)
	}
	body, err := readAll(r)
	if err != nil {
		return nil, err
	}
	return do(s, call{r.Context(), "http://" + r.Host}, body)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away
}
