// Package gateway is API Gateway's HTTP API on one machine: it makes payload 2.0 events of requests,
// and responses of what the functions answer. Where it knows better than the documentation, it
// follows events captured on AWS. Known differences: a path is decoded once (AWS decodes an escaped
// escape, %2541, a second time), and there is no TLS, CORS, authorizer or stage but $default.
package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"mercato/localstack/runtime"
)

// Route sends a method and path to a function. Method may be ANY; a Path segment may be {name}, the
// last one {name+}. The Path "$default" takes what no other route does.
type Route struct {
	Method   string
	Path     string
	Function string
}

// Invoker is Lambda, as the gateway sees it: a *runtime.Runtime.
type Invoker interface {
	Invoke(ctx context.Context, function string, payload []byte) ([]byte, error)
}

// The service's quotas.
const (
	maxHeaderBytes     = 10_240           // request line and headers together
	maxBodyBytes       = 10 * 1024 * 1024 // of a request
	integrationTimeout = 30 * time.Second
)

type gateway struct {
	routes  []route
	invoker Invoker
}

// New serves routes by invoking their functions. Of two equal routes the first counts. The handler
// wants requests as they came: a ServeMux in front of it would clean their paths.
func New(routes []Route, invoker Invoker) http.Handler {
	return &gateway{compile(routes), invoker}
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := newRequestID()
	w.Header().Set("Apigw-Requestid", id)
	if headerBytes(r) > maxHeaderBytes {
		refuse(w, http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	path, ok := readable(r)
	if !ok {
		refuse(w, http.StatusBadRequest)
		return
	}
	found, params, ok := match(g.routes, r.Method, path)
	if !ok {
		refuse(w, http.StatusNotFound)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		refuse(w, bodyStatus(err))
		return
	}
	event := newEvent(r, id, path, found.key, params, body)
	g.answer(w, r, found.Function, event.encode())
}

// answer invokes the function and sends what it says, or the gateway's own words.
func (g *gateway) answer(w http.ResponseWriter, r *http.Request, function string, payload []byte) {
	ctx, cancel := context.WithTimeout(r.Context(), integrationTimeout)
	defer cancel()
	result, err := g.invoker.Invoke(ctx, function, payload)
	if err != nil {
		refuse(w, status(err))
		return
	}
	reply, err := parseReply(result)
	if err != nil {
		refuse(w, http.StatusInternalServerError)
		return
	}
	reply.send(w)
}

// status is what a client sees of a failed invocation.
func status(err error) int {
	switch {
	case errors.Is(err, runtime.ErrThrottled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, runtime.ErrClosed):
		return http.StatusServiceUnavailable
	case errors.Is(err, runtime.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	default:
		return http.StatusInternalServerError
	}
}

func bodyStatus(err error) int {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusBadRequest
}

// refuse answers in the gateway's own form.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+http.StatusText(status)+`"}`) // the client may have left
}
