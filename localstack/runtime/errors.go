package runtime

import (
	"errors"
	"fmt"
)

var (
	// ErrUnknown means that no function has that name.
	ErrUnknown = errors.New("unknown function")
	// ErrThrottled means that the function's concurrency, or the stack's limit, is used up.
	ErrThrottled = errors.New("throttled")
	// ErrTimeout means that the deadline passed; the process has been killed.
	ErrTimeout = errors.New("task timed out")
	// ErrTooLarge means that the payload is over 6 MB; no process has seen it.
	ErrTooLarge = errors.New("payload is larger than 6 MB")
	// ErrReplaced means that the process was ended for the sake of a new binary, by Replace.
	ErrReplaced = errors.New("replaced by a new build")
	// ErrClosed means that the Runtime is closed or closing.
	ErrClosed = errors.New("runtime is closed")
)

const (
	// maxRequest and maxResponse are Lambda's own limits for synchronous events, in bytes.
	maxRequest  = 6_291_456
	maxResponse = 6_291_556
)

// FunctionError is a failure of the function itself: what its handler returned, or how its process ended.
type FunctionError struct {
	Type    string // errorString, Runtime.ExitError, Function.ResponseSizeTooLarge, ...
	Message string
}

// Error joins both parts.
func (e *FunctionError) Error() string { return fmt.Sprintf("%s: %s", e.Type, e.Message) }
