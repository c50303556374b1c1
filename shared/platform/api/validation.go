package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"mercato/shared/platform/fault"
)

// configure sets what huma keeps in variables of its package. (Strict casing: without it
// {"quantity":2,"Quantity":-5} passes a minimum of 1 and arrives as -5.)
var configure = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return refusal(nil, status, message, errs...)
	}
	huma.NewErrorWithContext = refusal
})

// refusal is what huma says of a request that does not fit. It never repeats a submitted value, which
// may be a password, nor a name of Go's.
func refusal(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	fields := make([]fault.Field, 0, len(errs))
	code := status
	for _, err := range errs {
		field, malformed := fieldOf(err)
		fields = append(fields, field)
		if malformed {
			code = http.StatusBadRequest
		}
	}
	background := context.Background() // huma makes one example without a request, for the document
	if ctx != nil {
		background = ctx.Context()
	}
	p := newProblem(background, code, "invalid", "The request breaks a rule.")
	if code != http.StatusUnprocessableEntity {
		p.Code, p.Detail = "malformed", "The request cannot be read."
	}
	if len(fields) > 0 {
		p.Detail = fields[0].Location + " " + fields[0].Message
	} else if message != "" {
		p.Detail = message
	}
	p.Message, p.Errors = p.Detail, fields
	return p
}

// fieldOf words one of huma's complaints. A bad path or query and an unknown field are malformed; the
// rest is a rule broken. What encoding/json says names Go's types and is never passed on.
func fieldOf(err error) (f fault.Field, malformed bool) {
	var detail *huma.ErrorDetail
	if !errors.As(err, &detail) || strings.HasPrefix(detail.Message, "json: ") {
		return fault.Field{Location: "body", Message: "has a value of the wrong type"}, false
	}
	f = fault.Field{Location: detail.Location, Message: detail.Message}
	if name, ok := missing(detail.Message); ok {
		return fault.Field{Location: f.Location + "." + name, Message: "is required"}, false
	}
	switch detail.Message {
	case validation.MsgUnexpectedProperty:
		return fault.Field{Location: f.Location, Message: "is unknown"}, true
	case validation.MsgExpectedMatchExactlyOneSchema:
		f.Message = "has the wrong type"
	}
	outside := strings.HasPrefix(f.Location, "path.") || strings.HasPrefix(f.Location, "query.")
	return f, outside
}

// missing reads the name out of "expected required property NAME to be present".
func missing(message string) (name string, ok bool) {
	before, after, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	name, ok = strings.CutPrefix(message, before)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, after)
}
