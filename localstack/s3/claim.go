package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mercato/localstack/sigv4"
)

const (
	service = "s3"
	maxLife = 7 * 24 * time.Hour // of a presigned URL, S3's limit
	maxBody = 64 << 20           // bytes; it is held in memory, and the largest file of this system is a picture
)

// authorized reads the signature from the Authorization header.
func (s *Server) authorized(r *http.Request) (*sigv4.Signature, error) {
	payload := r.Header.Get("X-Amz-Content-Sha256")
	claimed, err := sigv4.Header(r, service, payload)
	if err == nil && payload == "" {
		return nil, malformed("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
	}
	return claimed, err
}

// presigned reads the signature from the query.
func (s *Server) presigned(r *http.Request) (*sigv4.Signature, error) {
	query := r.URL.Query()
	bad := func(why string) error {
		return malformed("AuthorizationQueryParametersError", "%s", why)
	}
	at, err := time.Parse(sigv4.DateFormat, query.Get("X-Amz-Date"))
	if err != nil {
		return nil, bad("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
	}
	credential, ok := sigv4.ParseScope(query.Get("X-Amz-Credential"), service, at)
	if !ok || query.Get("X-Amz-Algorithm") != sigv4.Algorithm {
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
	if at.After(now.Add(sigv4.MaxSkew)) {
		return nil, denied("Request is not valid yet")
	}
	payload := sigv4.Unsigned
	if sum := r.Header.Get("X-Amz-Content-Sha256"); sum != "" {
		payload = sum
	}
	return &sigv4.Signature{
		Scope: credential, At: at, Headers: strings.Split(query.Get("X-Amz-SignedHeaders"), ";"),
		Payload: payload, Value: query.Get("X-Amz-Signature"),
	}, nil
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
	if signed != sigv4.Unsigned && signed != hex.EncodeToString(sum[:]) {
		return nil, malformed("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return body, nil
}
