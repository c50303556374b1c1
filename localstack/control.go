package main

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"mercato/localstack/runtime"
)

const controlPath = "/_local"

// maxPayload is Lambda's limit for a synchronous event, in bytes.
const maxPayload = 6_291_456

// isControl tells the stack's own paths from those of the system.
func isControl(path string) bool {
	return path == controlPath || strings.HasPrefix(path, controlPath+"/")
}

// control shows and invokes functions, as the AWS console would. Only this machine may ask, and no web page:
// a page could otherwise invoke functions from the browser of whoever runs a stack.
type control struct {
	runtime *runtime.Runtime
	hosts   map[string]bool
	routes  http.ServeMux
}

func newControl(r *runtime.Runtime, port int) *control {
	c := &control{runtime: r, hosts: map[string]bool{}}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		c.hosts[net.JoinHostPort(host, strconv.Itoa(port))] = true
	}
	c.routes.HandleFunc("GET "+controlPath+"/functions", c.list)
	c.routes.HandleFunc("POST "+controlPath+"/functions/{name}/invoke", c.invoke)
	return c
}

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	_, origin := r.Header["Origin"]
	if err != nil || !net.ParseIP(host).IsLoopback() || !c.hosts[strings.ToLower(r.Host)] || origin {
		writeJSON(w, http.StatusForbidden, map[string]string{"message": "only for programs on this machine"})
		return
	}
	c.routes.ServeHTTP(w, r)
}

func (c *control) list(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, c.runtime.Stats())
}

func (c *control) invoke(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
	if err != nil {
		writeError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", err.Error())
		return
	}
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	if !json.Valid(payload) {
		writeError(w, http.StatusBadRequest, "InvalidRequestContentException", "the body is not JSON")
		return
	}
	result, err := c.runtime.Invoke(r.Context(), r.PathValue("name"), payload)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(result) // the client went away
}

func refuse(w http.ResponseWriter, err error) {
	var failed *runtime.FunctionError
	switch {
	case errors.As(err, &failed):
		writeError(w, http.StatusBadGateway, failed.Type, failed.Message)
	case errors.Is(err, runtime.ErrUnknown):
		writeError(w, http.StatusNotFound, "ResourceNotFoundException", err.Error())
	case errors.Is(err, runtime.ErrThrottled):
		writeError(w, http.StatusTooManyRequests, "TooManyRequestsException", err.Error())
	case errors.Is(err, runtime.ErrTimeout):
		writeError(w, http.StatusGatewayTimeout, "Sandbox.Timedout", err.Error())
	default:
		writeError(w, http.StatusServiceUnavailable, "ServiceException", err.Error())
	}
}

func writeError(w http.ResponseWriter, status int, kind, message string) {
	writeJSON(w, status, map[string]string{"errorType": kind, "errorMessage": message})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away
}
