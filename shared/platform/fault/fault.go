// Package fault gives every error a kind, so that one table turns a failure into an HTTP status
// (package api) and another into retry or dead letter (package stream).
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure an error is, in the terms of the caller.
type Kind uint8

// The kinds. Internal is the zero value: an error that nobody classified is ours, is logged, and is
// never shown.
const (
	Internal        Kind = iota
	Malformed            // the request cannot be read: not JSON, an unknown field, a bad path or query
	Invalid              // the request can be read but breaks a rule
	Unauthenticated      // no session, or one that no longer lives
	Forbidden            // a session that may not do this
	NotFound             // absent, or not the caller's
	Conflict             // the state does not allow it
	Precondition         // the caller saw an older version than the one there is
	TooManyRequests      // slow down
	Unavailable          // something we depend on does not answer; trying again may help
)

// Error is a failure that may be shown to a caller. Err, the cause, is logged and never shown.
type Error struct {
	Kind       Kind
	Code       string         // stable snake_case name, "price_changed"; empty means the kind's own
	Message    string         // for the caller, one sentence
	Fields     []Field        // what is at fault, where the caller sent it
	Extra      map[string]any // further members of the problem document
	RetryAfter time.Duration  // when trying again makes sense; 0 means unsaid
	Err        error
}

// Field points at one value that the caller sent.
type Field struct {
	Location string `json:"location"` // body.items[0].quantity, query.limit, path.id
	Message  string `json:"message"`
}

// Error implements error, for the log.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with a message for the caller.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// At makes an Invalid error that points at one field.
func At(location, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{
		Kind: Invalid, Message: location + " " + message,
		Fields: []Field{{Location: location, Message: message}},
	}
}

// Unreadable makes a Malformed error that points at one field.
func Unreadable(location, format string, args ...any) *Error {
	e := At(location, format, args...)
	e.Kind = Malformed
	return e
}

// KindOf returns the kind of err: that of the outermost *Error in its chain, Internal for a foreign one.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Wrap prefixes *err, when there is one, with what was being done; used in a defer so that every
// exported use case says its own name and arguments:
//
//	defer fault.Wrap(&err, "orders.Get(%d)", id)
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
