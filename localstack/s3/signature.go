package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	dateFormat = "20060102T150405Z"
	unsigned   = "UNSIGNED-PAYLOAD"
)

// login is whom the server believes.
type login struct{ key, secret string }

// A scope is what a signature is good for: KEY/DATE/REGION/s3/aws4_request.
type scope struct{ key, date, region string }

// parseScope answers false for a credential that is not one of S3's on the day.
func parseScope(credential string, at time.Time) (scope, bool) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[3] != "s3" || parts[4] != "aws4_request" || parts[1] != at.UTC().Format("20060102") {
		return scope{}, false
	}
	return scope{parts[0], parts[1], parts[2]}, true
}

// A signature is what a request claims to be signed with.
type signature struct {
	scope   scope
	at      time.Time
	headers []string // names of those that are signed, in lower case
	payload string   // SHA-256 of the body, or unsigned
	value   string
}

// verify fails unless the request carries the signature that the login gives it.
func (l login) verify(r *http.Request, claimed *signature) error {
	if claimed.scope.key != l.key {
		return refuse(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	}
	if !slices.Contains(claimed.headers, "host") {
		return denied("There were headers present in the request which were not signed: host")
	}
	for name := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-amz-") && !slices.Contains(claimed.headers, lower) {
			return denied("There were headers present in the request which were not signed: %s", lower)
		}
	}
	sum := sha256.Sum256([]byte(canonical(r, claimed)))
	s := claimed.scope
	text := fmt.Sprintf("%s\n%s\n%s/%s/s3/aws4_request\n%s", algorithm, claimed.at.Format(dateFormat), s.date, s.region, hex.EncodeToString(sum[:]))
	return l.match(s, text, claimed.value)
}

// match compares what the login signs with what was sent.
func (l login) match(s scope, text, value string) error {
	key := []byte("AWS4" + l.secret)
	for _, part := range []string{s.date, s.region, "s3", "aws4_request"} {
		key = sign(key, part)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(sign(key, text))), []byte(value)) {
		return refuse(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	}
	return nil
}

func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// canonical is the form of a request that is signed.
func canonical(r *http.Request, claimed *signature) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, escape(r.URL.Path, true), canonicalQuery(r.URL.Query()))
	for _, name := range claimed.headers {
		fmt.Fprintf(&b, "%s:%s\n", name, headerValue(r, name))
	}
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(claimed.headers, ";"), claimed.payload)
	return b.String()
}

func canonicalQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		if name == "X-Amz-Signature" {
			continue
		}
		for _, value := range values {
			pairs = append(pairs, escape(name, false)+"="+escape(value, false))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	var values []string
	for _, value := range r.Header.Values(name) {
		values = append(values, strings.Join(strings.Fields(value), " "))
	}
	return strings.Join(values, ",")
}

// escape is the one form of percent-encoding that signatures allow.
func escape(text string, path bool) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0, path && c == '/':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
