package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxSkew = 15 * time.Minute   // between the caller's clock and ours, S3's limit
	maxLife = 7 * 24 * time.Hour // of a presigned URL, S3's limit
	maxBody = 64 << 20           // bytes; it is held in memory, and the largest file of this system is a picture
)

// authorized reads the signature from the Authorization header.
func (s *Server) authorized(r *http.Request) (*signature, error) {
	bad := malformed("AuthorizationHeaderMalformed", "The authorization header is malformed.")
	rest, found := strings.CutPrefix(r.Header.Get("Authorization"), algorithm+" ")
	if !found {
		return nil, bad
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	at, err := time.Parse(dateFormat, r.Header.Get("X-Amz-Date"))
	if err != nil {
		return nil, denied("AWS authentication requires a valid Date or x-amz-date header")
	}
	if skew := time.Since(at).Abs(); skew > maxSkew {
		return nil, refuse(http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
	}
	credential, ok := parseScope(fields["Credential"], at)
	if !ok || fields["SignedHeaders"] == "" || fields["Signature"] == "" {
		return nil, bad
	}
	payload := r.Header.Get("X-Amz-Content-Sha256")
	if payload == "" {
		return nil, malformed("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
	}
	return &signature{credential, at, strings.Split(fields["SignedHeaders"], ";"), payload, fields["Signature"]}, nil
}

// presigned reads the signature from the query.
func (s *Server) presigned(r *http.Request) (*signature, error) {
	query := r.URL.Query()
	bad := func(why string) error {
		return malformed("AuthorizationQueryParametersError", "%s", why)
	}
	at, err := time.Parse(dateFormat, query.Get("X-Amz-Date"))
	if err != nil {
		return nil, bad("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
	}
	credential, ok := parseScope(query.Get("X-Amz-Credential"), at)
	if !ok || query.Get("X-Amz-Algorithm") != algorithm {
		return nil, bad("Error parsing the X-Amz-Credential or X-Amz-Algorithm parameter")
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	life := time.Duration(seconds) * time.Second
	if err != nil || seconds < 0 || seconds > int(maxLife.Seconds()) {
		return nil, bad("X-Amz-Expires must be a number of seconds, a week's at most")
	}
	now := time.Now()
	if now.After(at.Add(life)) {
		return nil, denied("Request has expired")
	}
	if at.After(now.Add(maxSkew)) {
		return nil, denied("Request is not valid yet")
	}
	payload := unsigned
	if sum := r.Header.Get("X-Amz-Content-Sha256"); sum != "" {
		payload = sum
	}
	return &signature{credential, at, strings.Split(query.Get("X-Amz-SignedHeaders"), ";"), payload, query.Get("X-Amz-Signature")}, nil
}

// readBody answers the body, when it is the one that was signed.
func readBody(r *http.Request, signed string) ([]byte, error) {
	if strings.HasPrefix(signed, "STREAMING-") {
		return nil, notEmulated("A body in signed or trailed chunks (" + signed + ")")
	}
	if r.ContentLength < 0 {
		return nil, refuse(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	if r.ContentLength > maxBody {
		return nil, tooLarge(r.ContentLength, maxBody)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, malformed("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	sum := sha256.Sum256(body)
	if signed != unsigned && signed != hex.EncodeToString(sum[:]) {
		return nil, malformed("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return body, nil
}
