package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// reply is a function's answer as it goes to the client.
type reply struct {
	status  int
	headers http.Header
	body    []byte
}

// parseReply reads payload format 2.0: an object with a statusCode, or any other JSON value, which
// is a body for 200.
func parseReply(result []byte) (*reply, error) {
	var whole any
	if err := json.Unmarshal(result, &whole); err != nil {
		return nil, fmt.Errorf("answer is not JSON: %w", err)
	}
	object, _ := whole.(map[string]any)
	if _, ok := object["statusCode"]; !ok {
		return inferred(whole, result), nil
	}
	code, ok := object["statusCode"].(float64)
	// 1xx would not end the response.
	if !ok || code != float64(int(code)) || code < 200 || code > 599 {
		return nil, fmt.Errorf("statusCode %v", object["statusCode"])
	}
	out := &reply{status: int(code), headers: http.Header{}}
	if err := out.setHeaders(object["headers"], object["cookies"]); err != nil {
		return nil, err
	}
	return out, out.setBody(object["body"], object["isBase64Encoded"])
}

func inferred(whole any, result []byte) *reply {
	body := bytes.TrimSpace(result)
	if text, ok := whole.(string); ok {
		body = []byte(text)
	}
	return &reply{http.StatusOK, http.Header{"Content-Type": {"application/json"}}, body}
}

func (r *reply) setHeaders(headers, cookies any) error {
	named, ok := headers.(map[string]any)
	if !ok && headers != nil {
		return fmt.Errorf("headers is %T", headers)
	}
	for name, v := range named {
		value, ok := text(v)
		if !ok || !isToken(name) || !isHeaderValue(value) {
			return fmt.Errorf("header %q: %v", name, v)
		}
		if lower := strings.ToLower(name); !perConnection[lower] && lower != "content-length" {
			r.headers.Set(name, value)
		}
	}
	list, ok := cookies.([]any)
	if !ok && cookies != nil {
		return fmt.Errorf("cookies is %T", cookies)
	}
	for _, v := range list {
		cookie, ok := v.(string)
		if !ok || !isHeaderValue(cookie) {
			return fmt.Errorf("cookie %v", v)
		}
		r.headers.Add("Set-Cookie", cookie)
	}
	return nil
}

func (r *reply) setBody(body, encoded any) error {
	content, ok := body.(string)
	if !ok && body != nil {
		return fmt.Errorf("body is %T", body)
	}
	isEncoded, ok := encoded.(bool)
	if !ok && encoded != nil {
		return fmt.Errorf("isBase64Encoded is %T", encoded)
	}
	r.body = []byte(content)
	if isEncoded {
		var err error
		if r.body, err = base64.StdEncoding.DecodeString(content); err != nil {
			return fmt.Errorf("body: %w", err)
		}
	}
	return nil
}

func (r *reply) send(w http.ResponseWriter) {
	h := w.Header()
	for name, values := range r.headers {
		if name != "Apigw-Requestid" {
			h[name] = values
		}
	}
	bare := r.status == http.StatusNoContent || r.status == http.StatusNotModified
	if !bare {
		h.Set("Content-Length", strconv.Itoa(len(r.body)))
		if h.Get("Content-Type") == "" {
			h.Set("Content-Type", "text/plain; charset=utf-8") // what the service calls an unnamed body
		}
	}
	w.WriteHeader(r.status)
	if !bare {
		_, _ = w.Write(r.body) //nolint:gosec // the function's own body; and the client may have left
	}
}

// text takes what the service takes for a header's value.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		return "", false
	}
}

// isToken tells whether a header may have that name.
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

// isHeaderValue refuses control characters: a line break would begin a header of its own.
func isHeaderValue(value string) bool {
	return !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}
