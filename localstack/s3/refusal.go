package s3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"mercato/localstack/sigv4"
)

// A refusal is an error as S3 answers it.
type refusal struct {
	XMLName xml.Name `xml:"Error"`

	Code         string
	Message      string
	ProposedSize int64  `xml:",omitempty"` // bytes, as the next two
	MinSize      int64  `xml:"MinSizeAllowed,omitempty"`
	MaxSize      int64  `xml:"MaxSizeAllowed,omitempty"`
	RequestID    string `xml:"RequestId"`

	status int
}

func (r *refusal) Error() string { return r.Code + ": " + r.Message }

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{Code: code, Message: fmt.Sprintf(format, args...), status: status}
}

// denied refuses what the caller may not do.
func denied(format string, args ...any) *refusal {
	return refuse(http.StatusForbidden, "AccessDenied", format, args...)
}

// malformed refuses what cannot be understood.
func malformed(code, format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, code, format, args...)
}

func tooLarge(size, limit int64) *refusal {
	r := malformed("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	r.ProposedSize, r.MaxSize = size, limit
	return r
}

func noBucket() *refusal {
	return refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
}

func notEmulated(what string) *refusal {
	return refuse(http.StatusNotImplemented, "NotImplemented", "%s is not emulated here.", what)
}

var errMethod = refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")

// An answer is a response with the headers that the guard decides.
type answer struct {
	http.ResponseWriter

	id    string
	cors  http.Header
	begun bool
}

// WriteHeader puts the bucket's CORS headers in place of those that gofakes3 sends to everybody.
func (a *answer) WriteHeader(status int) {
	if a.begun {
		return
	}
	a.begun = true
	header := a.Header()
	for name := range header {
		if len(name) > len(corsPrefix) && name[:len(corsPrefix)] == corsPrefix {
			header.Del(name)
		}
	}
	maps.Copy(header, a.cors)
	header.Set("X-Amz-Request-Id", a.id)
	if status >= http.StatusBadRequest || header.Get("Content-Type") == "" && status == http.StatusOK {
		header.Set("Content-Type", "application/xml")
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.ResponseWriter.Write(b)
}

// refuse answers an error. One that is neither S3's nor a signature's is the disk's.
func (a *answer) refuse(r *http.Request, err error) {
	refused, ok := errors.AsType[*refusal](err)
	if unsigned, is := errors.AsType[*sigv4.Refusal](err); is {
		refused, ok = refuse(unsigned.Status, unsigned.Code, "%s", unsigned.Message), true
	}
	if !ok {
		refused = refuse(http.StatusInternalServerError, "InternalError", "%v", err)
	}
	said := *refused // some are shared
	said.RequestID = a.id
	a.WriteHeader(said.status)
	if r.Method != http.MethodHead {
		writeXML(a, said)
	}
}

func writeXML(w http.ResponseWriter, body any) {
	_, _ = w.Write([]byte(xml.Header))
	_ = xml.NewEncoder(w).Encode(body) // the client went away
}
