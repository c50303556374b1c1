package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mercato/shared/platform"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/telemetry"
)

// Problem is the body of every answer that is not a success (RFC 9457). Message repeats Detail for
// clients of the system whose contract this is.
type Problem struct {
	_ struct{} `additionalProperties:"true"` // a conflict names what conflicts

	Type     string        `json:"type" doc:"about:blank: the status says what sort of problem it is"`
	Title    string        `json:"title"`
	Status   int           `json:"status"`
	Detail   string        `json:"detail"`
	Message  string        `json:"message" doc:"The same as detail"`
	Instance string        `json:"instance" doc:"Correlation id, to be named when asking for help"`
	Code     string        `json:"code" doc:"Stable name of the problem, in snake_case"`
	Errors   []fault.Field `json:"errors,omitempty" doc:"What is at fault, where one field is"`

	extra      map[string]any
	retryAfter time.Duration
}

// status is the table from kind to HTTP.
func status(kind fault.Kind) (code int, name string) {
	switch kind {
	case fault.Malformed:
		return http.StatusBadRequest, "malformed"
	case fault.Invalid:
		return http.StatusUnprocessableEntity, "invalid"
	case fault.Unauthenticated:
		return http.StatusUnauthorized, "unauthenticated"
	case fault.Forbidden:
		return http.StatusForbidden, "forbidden"
	case fault.NotFound:
		return http.StatusNotFound, "not_found"
	case fault.Conflict:
		return http.StatusConflict, "conflict"
	case fault.Precondition:
		return http.StatusPreconditionFailed, "precondition_failed"
	case fault.TooManyRequests:
		return http.StatusTooManyRequests, "too_many_requests"
	case fault.Unavailable:
		return http.StatusServiceUnavailable, "unavailable"
	default:
		return http.StatusInternalServerError, "internal"
	}
}

// retryAfter is what an answer that asks for another try says when the failure names no time.
const retryAfter = time.Second

// problemOf says what a caller may know of err, and logs what he may not.
func problemOf(ctx context.Context, err error) *Problem {
	kind := platform.KindOf(err)
	code, name := status(kind)
	p := newProblem(ctx, code, name, http.StatusText(code)+".")
	if known, ok := errors.AsType[*fault.Error](err); ok {
		p.say(known)
	}
	if kind == fault.Unavailable || kind == fault.TooManyRequests {
		p.retryAfter = max(p.retryAfter, retryAfter)
	}
	if kind == fault.Unavailable || kind == fault.Internal {
		slog.ErrorContext(ctx, "request failed", "error", err.Error(), "status", code)
	}
	return p
}

func (p *Problem) say(e *fault.Error) {
	p.Detail, p.Message, p.Errors = e.Message, e.Message, e.Fields
	p.extra, p.retryAfter = e.Extra, e.RetryAfter
	if e.Code != "" {
		p.Code = e.Code
	}
}

func newProblem(ctx context.Context, status int, code, detail string) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code,
		Detail: detail, Message: detail, Instance: telemetry.Correlation(ctx),
	}
}

// Error implements error for huma.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		seconds := int((p.retryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	return h
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// MarshalJSON adds the extension members.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	blob, err := json.Marshal((*plain)(p))
	if err != nil || len(p.extra) == 0 {
		return blob, err //nolint:wrapcheck // encoding/json calls this
	}
	members := map[string]any{}
	if err := json.Unmarshal(blob, &members); err != nil {
		return nil, err //nolint:wrapcheck // encoding/json calls this
	}
	maps.Copy(members, p.extra)
	return json.Marshal(members) //nolint:wrapcheck // encoding/json calls this
}

// write answers with the problem.
func (p *Problem) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// refuse answers every request with a status of the protocol's own.
func refuse(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { Refuse(w, r, code) })
}

// Refuse answers with a problem that the protocol itself raises: 400, 404, 405, 413, 415.
func Refuse(w http.ResponseWriter, r *http.Request, code int) {
	name := strings.ReplaceAll(strings.ToLower(http.StatusText(code)), " ", "_")
	newProblem(r.Context(), code, name, http.StatusText(code)+".").write(w)
}
