package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/gateway"
)

var update = flag.Bool("update", false, "write the golden events anew")

// TestEvent pins the format of the events: each file of testdata is one request's.
func TestEvent(t *testing.T) {
	t.Parallel()
	const host = "Host: localhost:3000\n"
	for name, text := range map[string]string{
		"get":             "GET /api/orders/7?status=PENDING&tag=a&tag=b%2Cc&plus=a+b&empty= HTTP/1.1\n" + host + "User-Agent: curl/8.7.1\nAccept: */*\n\n",
		"post_json":       "POST /api/orders HTTP/1.1\n" + host + "Content-Type: application/json; charset=utf-8\nContent-Length: 17\n\n{\"name\":\"<λ&>\"}\n",
		"post_chunked":    "POST /api/orders HTTP/1.1\n" + host + "Content-Type: text/csv\nTransfer-Encoding: chunked\n\n3\na,b\n0\n\n",
		"post_form":       "POST /api/orders HTTP/1.1\n" + host + "Content-Type: application/x-www-form-urlencoded\nContent-Length: 3\n\na=b",
		"post_untyped":    "POST /api/orders HTTP/1.1\n" + host + "Content-Length: 3\n\na=b",
		"post_binary":     "POST /api/orders HTTP/1.1\n" + host + "Content-Type: image/png\nContent-Length: 4\n\n\x89PNG",
		"post_bad_text":   "POST /api/orders HTTP/1.1\n" + host + "Content-Type: application/json\nContent-Length: 3\n\n\"\xff\"",
		"cookies":         "GET /api/orders/7 HTTP/1.1\n" + host + "Cookie: token=a.b=c; theme=dark\nCookie: third=3\n\n",
		"headers":         "GET /api/orders/7 HTTP/1.1\n" + host + "X-Twice: first\nX-TWICE: second, third\nConnection: keep-alive, x-hop\nX-Hop: gone\nKeep-Alive: 5\nTE: trailers\n\n",
		"forwarded":       "GET /api/orders/7 HTTP/1.1\n" + host + "X-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: gopher\nX-Amzn-Trace-Id: Root=1-6a5145a9-1bae89e2512ec92d5d9438a0\n\n",
		"default":         "GET / HTTP/1.0\n" + host + "\n",
		"default_post":    "DELETE /?x HTTP/1.1\n" + host + "\n",
		"encoded_path":    "GET /api/orders/a%20b%2Bc%23%CE%BB HTTP/1.1\n" + host + "\n",
		"encoded_percent": "GET /api/orders/%25zz HTTP/1.1\n" + host + "\n",
		"encoded_query":   "GET /api/orders/7?a=%zz&b=%ff&=x&&c HTTP/1.1\n" + host + "\n",
		"question_mark":   "GET /api/orders/a%3Fb?c=d HTTP/1.1\n" + host + "\n",
		"greedy":          "GET /files/a/b/c.txt HTTP/1.1\n" + host + "\n",
		"any":             "PATCH /api/orders/7 HTTP/1.1\n" + host + "\n",
		"ipv6":            "GET /health HTTP/1.1\nHost: [::1]:3000\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, filepath.Join("testdata", name+".json"), eventOf(t, text))
		})
	}
}

// eventOf returns the event that a request becomes, indented, with what differs each time masked.
func eventOf(t *testing.T, text string) []byte {
	t.Helper()
	var event []byte
	serve(gateway.New(shop, lambda(func(_ context.Context, _ string, payload []byte) ([]byte, error) {
		event = payload
		return []byte(`{}`), nil
	})), request(t, text))
	if event == nil {
		t.Fatal("no function was invoked")
	}
	for pattern, mask := range map[string]string{
		`"requestId":"[\w-]{15}="`:                                `"requestId":"<id>="`,
		`"time":"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000"`: `"time":"<time>"`,
		`"timeEpoch":\d{13}`:                                      `"timeEpoch":0`,
		`"x-amzn-trace-id":"Root=1-[0-9a-f]{8}-[0-9a-f]{24}"`:     `"x-amzn-trace-id":"<trace>"`,
	} {
		if found := regexp.MustCompile(pattern).FindAll(event, -1); len(found) != 1 {
			t.Errorf("%s stands %d times in %s", pattern, len(found), event)
		}
		event = regexp.MustCompile(pattern).ReplaceAll(event, []byte(mask))
	}
	var out bytes.Buffer
	if err := json.Indent(&out, event, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), '\n')
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestEvent_ids_differ(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	h := gateway.New(shop, lambda(func(_ context.Context, _ string, payload []byte) ([]byte, error) {
		var event struct{ RequestContext struct{ RequestID string } }
		if err := json.Unmarshal(payload, &event); err != nil {
			return nil, err
		}
		seen[event.RequestContext.RequestID] = true
		return json.Marshal(event.RequestContext.RequestID)
	}))
	for range 100 {
		w := serve(h, request(t, "GET /health HTTP/1.1\nHost: localhost\n\n"))
		if id := w.Header().Get("Apigw-Requestid"); id != w.Body.String() {
			t.Errorf("header %q, event %q", id, w.Body)
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d ids in 100 requests", len(seen))
	}
}

func TestEvent_time(t *testing.T) {
	t.Parallel()
	before := time.Now().Truncate(time.Second)
	serve(gateway.New(shop, lambda(func(_ context.Context, _ string, payload []byte) ([]byte, error) {
		var event struct {
			RequestContext struct {
				Time      string
				TimeEpoch int64
			}
		}
		if err := json.Unmarshal(payload, &event); err != nil {
			t.Error(err)
		}
		named, err := time.Parse("02/Jan/2006:15:04:05 -0700", event.RequestContext.Time)
		epoch := time.UnixMilli(event.RequestContext.TimeEpoch)
		if err != nil || named.Before(before) || !named.Equal(epoch.Truncate(time.Second)) {
			t.Errorf("time %s (%v), epoch %s", event.RequestContext.Time, err, epoch)
		}
		return []byte(`{}`), nil
	})), request(t, "GET /health HTTP/1.1\nHost: localhost\n\n"))
}

func FuzzEvent(f *testing.F) {
	f.Add("GET", "/api/orders/%25zz?a=%00", "Cookie", "a=b; c", "application/json", "{}")
	f.Add("POST", "/%2F%3F/\u2028", "X-Forwarded-For", "\xff", "text/plain", "\xff\x00")
	f.Add("OPTIONS", "*", "Connection", "host,,", "a/b;c=", "")
	f.Fuzz(func(t *testing.T, method, target, name, value, contentType, body string) {
		var text strings.Builder
		text.WriteString(method + " " + target + " HTTP/1.1\nHost: localhost\n" + name + ": " + value + "\n")
		text.WriteString("Content-Type: " + contentType + "\nTransfer-Encoding: chunked\n\n")
		r := requestOrNil(text.String(), body)
		if r == nil {
			return // the server itself refuses it
		}
		h := gateway.New(shop, lambda(func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			if !json.Valid(payload) {
				t.Errorf("event is not JSON: %q", payload)
			}
			return []byte(`{"statusCode":204}`), nil
		}))
		if w := serve(h, r); w.Code >= 500 {
			t.Errorf("%q: %d", text.String(), w.Code)
		}
	})
}
