package sigv4

import (
	"fmt"
	"net/http"
)

// The codes of refusals, in S3's words.
const (
	CodeDenied     = "AccessDenied"
	CodeMalformed  = "AuthorizationHeaderMalformed"
	CodeMismatch   = "SignatureDoesNotMatch"
	CodeSkewed     = "RequestTimeTooSkewed"
	CodeUnknownKey = "InvalidAccessKeyId"
)

// Refusal says why a request is not believed.
type Refusal struct {
	Status        int // of HTTP
	Code, Message string
}

// Error is the code with the message.
func (r *Refusal) Error() string { return r.Code + ": " + r.Message }

func denied(format string, args ...any) *Refusal {
	return &Refusal{http.StatusForbidden, CodeDenied, fmt.Sprintf(format, args...)}
}
