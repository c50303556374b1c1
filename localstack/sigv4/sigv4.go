// Package sigv4 checks AWS's Signature Version 4 for the stand-ins of the local stack: whoever calls them has the one
// login that there is.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// Algorithm is the only one.
	Algorithm = "AWS4-HMAC-SHA256"
	// DateFormat is that of X-Amz-Date.
	DateFormat = "20060102T150405Z"
	// Unsigned stands for a body that the signature does not cover.
	Unsigned = "UNSIGNED-PAYLOAD"
	// MaxSkew is how far a caller's clock may be from ours: AWS's limit.
	MaxSkew = 15 * time.Minute

	ending    = "aws4_request"
	dayFormat = "20060102"
)

// Login is whom a service believes.
type Login struct{ Key, Secret string }

// Scope is what a signature is good for: KEY/DATE/REGION/SERVICE/aws4_request.
type Scope struct{ Key, Date, Region, Service string }

// ParseScope answers false for a credential that is not one of the service's on the day.
func ParseScope(credential, service string, at time.Time) (Scope, bool) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[3] != service || parts[4] != ending || parts[1] != at.UTC().Format(dayFormat) {
		return Scope{}, false
	}
	return Scope{parts[0], parts[1], parts[2], parts[3]}, true
}

// Signature is what a request claims to be signed with.
type Signature struct {
	Scope   Scope
	At      time.Time
	Headers []string // names of those that are signed, in lower case
	Payload string   // SHA-256 of the body in hex, or Unsigned
	Value   string
}

// Verify fails with a *Refusal unless the request carries the signature that the login gives it. It does not look at
// the body.
func (l Login) Verify(r *http.Request, claimed *Signature) error {
	if err := l.Knows(claimed.Scope); err != nil {
		return err
	}
	if !slices.Contains(claimed.Headers, "host") {
		return denied("There were headers present in the request which were not signed: host")
	}
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") && !slices.Contains(claimed.Headers, lower) {
			return denied("There were headers present in the request which were not signed: %s", lower)
		}
	}
	sum := sha256.Sum256([]byte(canonical(r, claimed)))
	s := claimed.Scope
	text := fmt.Sprintf("%s\n%s\n%s/%s/%s/%s\n%s",
		Algorithm, claimed.At.Format(DateFormat), s.Date, s.Region, s.Service, ending, hex.EncodeToString(sum[:]))
	return l.Match(s, text, claimed.Value)
}

// Knows fails with a *Refusal when the scope is another login's.
func (l Login) Knows(s Scope) error {
	if s.Key != l.Key {
		return &Refusal{http.StatusForbidden, CodeUnknownKey, "The AWS Access Key Id you provided does not exist in our records."}
	}
	return nil
}

// Match fails with a *Refusal unless value is what the login signs the text with.
func (l Login) Match(s Scope, text, value string) error {
	key := []byte("AWS4" + l.Secret)
	for _, part := range []string{s.Date, s.Region, s.Service, ending} {
		key = sign(key, part)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(sign(key, text))), []byte(value)) {
		return &Refusal{http.StatusForbidden, CodeMismatch, "The request signature we calculated does not match the signature you provided. Check your key and signing method."}
	}
	return nil
}

func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
