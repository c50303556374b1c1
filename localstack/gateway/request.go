package gateway

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// host is what the name in front of an API can look like, with a port as only a local one has.
var host = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?$`)

// readable returns the decoded path; false when the request has bytes that an event cannot carry.
func readable(r *http.Request) (string, bool) {
	path := r.URL.Path
	if path == "" {
		path = "/"
	}
	if !strings.HasPrefix(path, "/") || !clean(path) || !host.MatchString(r.Host) || !clean(r.URL.RawQuery) {
		return "", false
	}
	for _, values := range r.Header {
		for _, v := range values {
			if !utf8.ValidString(v) {
				return "", false
			}
		}
	}
	// The service cuts a path at an escaped question mark, as if it began the query.
	path, _, _ = strings.Cut(path, "?")
	return path, true
}

func clean(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// headerBytes counts what the service limits: the request line and the headers.
func headerBytes(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Proto) + len("  \r\n") + len("Host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

// perConnection are headers that end at the gateway, in both directions.
var perConnection = map[string]bool{
	"connection": true, "keep-alive": true, "proxy-authenticate": true, "proxy-authorization": true,
	"proxy-connection": true, "te": true, "trailer": true, "transfer-encoding": true, "upgrade": true,
}

// headers are the client's, lower-cased and joined, with those that the service adds or overwrites.
func headers(r *http.Request, length int, now time.Time) map[string]string {
	out := map[string]string{}
	for name, values := range r.Header {
		if name = strings.ToLower(name); name != "cookie" && !perConnection[name] {
			out[name] = strings.Join(values, ",")
		}
	}
	for listed := range strings.SplitSeq(r.Header.Get("Connection"), ",") {
		delete(out, strings.ToLower(strings.TrimSpace(listed)))
	}
	out["host"] = r.Host
	out["content-length"] = strconv.Itoa(length)
	out["x-forwarded-for"] = hostname(r.RemoteAddr)
	if before := r.Header.Values("X-Forwarded-For"); len(before) > 0 {
		out["x-forwarded-for"] = strings.Join(before, ", ") + ", " + hostname(r.RemoteAddr)
	}
	out["x-forwarded-proto"], out["x-forwarded-port"] = origin(r)
	if !strings.HasPrefix(out["x-amzn-trace-id"], "Root=") {
		out["x-amzn-trace-id"] = newTrace(now)
	}
	return out
}

// origin is the scheme and port that the client used.
func origin(r *http.Request) (scheme, port string) {
	scheme, port = "http", "80"
	if r.TLS != nil {
		scheme, port = "https", "443"
	}
	if _, given, err := net.SplitHostPort(r.Host); err == nil && given != "" {
		port = given
	}
	return scheme, port
}

// cookies takes the Cookie headers apart.
func cookies(h http.Header) []string {
	var out []string
	for _, line := range h.Values("Cookie") {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				out = append(out, cookie)
			}
		}
	}
	return out
}

// queryParameters decodes the query and joins what stands twice. What cannot be decoded stays as it
// is: the function gets the raw query too, and judges it.
func queryParameters(query string) map[string]string {
	if query == "" {
		return nil
	}
	out := map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		if before, twice := out[name]; twice {
			value = before + "," + value
		}
		out[name] = value
	}
	return out
}

func unescape(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		text = decoded
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// hostname takes the port off, and the brackets of an IPv6 address.
func hostname(address string) string {
	if name, _, err := net.SplitHostPort(address); err == nil {
		return name
	}
	return strings.Trim(address, "[]")
}

func newTrace(now time.Time) string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails, by its contract
	return fmt.Sprintf("Root=1-%08x-%s", now.Unix(), hex.EncodeToString(random[:]))
}
