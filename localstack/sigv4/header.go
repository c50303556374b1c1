package sigv4

import (
	"net/http"
	"strings"
	"time"
)

// Header reads the signature that a request to the service has in its Authorization header, over a body of the given
// hash. It fails with a *Refusal where there is none, or not of our time.
func Header(r *http.Request, service, payload string) (*Signature, error) {
	bad := &Refusal{http.StatusBadRequest, CodeMalformed, "The authorization header is malformed."}
	rest, found := strings.CutPrefix(r.Header.Get("Authorization"), Algorithm+" ")
	if !found {
		return nil, bad
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	at, err := time.Parse(DateFormat, r.Header.Get("X-Amz-Date"))
	if err != nil {
		return nil, denied("AWS authentication requires a valid Date or x-amz-date header")
	}
	if time.Since(at).Abs() > MaxSkew {
		return nil, &Refusal{http.StatusForbidden, CodeSkewed, "The difference between the request time and the current time is too large."}
	}
	credential, ok := ParseScope(fields["Credential"], service, at)
	if !ok || fields["SignedHeaders"] == "" || fields["Signature"] == "" {
		return nil, bad
	}
	return &Signature{credential, at, strings.Split(fields["SignedHeaders"], ";"), payload, fields["Signature"]}, nil
}
