package runtime

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// api serves Lambda's Runtime API and the part of the Extensions API that a runtime's own SIGTERM
// support uses. A process's address is host:port/<function>/<token>.
func (r *Runtime) api() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*process, http.ResponseWriter, *http.Request){
		"GET /{function}/{token}/2018-06-01/runtime/invocation/next":           serveNext,
		"POST /{function}/{token}/2018-06-01/runtime/invocation/{id}/response": serveResponse,
		"POST /{function}/{token}/2018-06-01/runtime/invocation/{id}/error":    serveError,
		"POST /{function}/{token}/2018-06-01/runtime/init/error":               serveInitError,
		"POST /{function}/{token}/2020-01-01/extension/register":               serveRegister,
		"GET /{function}/{token}/2020-01-01/extension/event/next":              serveExtensionNext,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, req *http.Request) {
			var caller *process
			if p := r.pools[req.PathValue("function")]; p != nil {
				caller = p.find(req.PathValue("token"))
			}
			if caller == nil {
				refuse(w, http.StatusForbidden, "Forbidden", "no such process")
				return
			}
			serve(caller, w, req)
		})
	}
	return mux
}

func serveNext(p *process, w http.ResponseWriter, r *http.Request) {
	event := p.next(r.Context())
	if event == nil {
		refuse(w, http.StatusGone, "Shutdown", "no more events")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(event.payload)))
	h.Set("Lambda-Runtime-Aws-Request-Id", event.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(event.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+region+":000000000000:function:"+p.pool.function.Name)
	h.Set("Lambda-Runtime-Trace-Id", newTrace())
	_, _ = w.Write(event.payload) // a process that does not read it has ended, which keep sees
}

func serveResponse(p *process, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		failure := &FunctionError{
			"Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse),
		}
		p.answer(r.PathValue("id"), nil, failure)
		refuse(w, http.StatusRequestEntityTooLarge, failure.Type, failure.Message)
	case err != nil:
		return // the process ended while it answered, which keep sees
	case r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "":
		accept(w, p.answer(r.PathValue("id"), nil, streamFailure(r.Trailer)))
	default:
		accept(w, p.answer(r.PathValue("id"), body, nil))
	}
}

// streamFailure reads the error of a handler that failed after it had begun to answer.
func streamFailure(trailer http.Header) *FunctionError {
	text, _ := base64.StdEncoding.DecodeString(trailer.Get("Lambda-Runtime-Function-Error-Body"))
	failure := readFailure(text)
	failure.Type = trailer.Get("Lambda-Runtime-Function-Error-Type")
	return failure
}

func serveError(p *process, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidBody", err.Error())
		return
	}
	accept(w, p.answer(r.PathValue("id"), nil, readFailure(body)))
}

func serveInitError(p *process, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidBody", err.Error())
		return
	}
	p.failInit(readFailure(body))
	accept(w, true)
}

func serveRegister(p *process, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Lambda-Extension-Identifier", uuid.NewString())
	writeJSON(w, http.StatusOK, map[string]string{
		"functionName": p.pool.function.Name, "functionVersion": "$LATEST", "handler": handler,
	})
}

// serveExtensionNext never has an event: the extension has registered for none.
func serveExtensionNext(p *process, w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-p.exited:
	}
	refuse(w, http.StatusGone, "Shutdown", "no more events")
}

func readFailure(body []byte) *FunctionError {
	var said struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return &FunctionError{"Runtime.InvalidError", "the function reported an error that is not JSON"}
	}
	return &FunctionError{said.Type, said.Message}
}

func accept(w http.ResponseWriter, ok bool) {
	if !ok {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "this is not the event under way")
		return
	}
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	writeJSON(w, status, map[string]string{"errorType": kind, "errorMessage": message})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// newTrace makes an X-Ray header in the service's form; nothing is sampled.
func newTrace() string {
	var random [20]byte
	_, _ = rand.Read(random[:]) // never fails, by its contract
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0",
		time.Now().Unix(), hex.EncodeToString(random[:12]), hex.EncodeToString(random[12:]))
}
