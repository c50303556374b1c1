package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mercato/localstack/gateway"
	"mercato/localstack/runtime"
)

func TestRouting(t *testing.T) {
	t.Parallel()
	h := gateway.New(shop, lambda(func(_ context.Context, function string, payload []byte) ([]byte, error) {
		var event struct {
			RouteKey       string
			RequestContext struct{ RouteKey string }
		}
		err := json.Unmarshal(payload, &event)
		if event.RouteKey != event.RequestContext.RouteKey {
			err = fmt.Errorf("route keys %+v", event)
		}
		return fmt.Appendf(nil, `{"statusCode":200,"headers":{"x-function":%q,"x-route":%q}}`, function, event.RouteKey), err
	}))
	for target, want := range map[string]string{
		"GET /api/orders/mine":    "orders-mine GET /api/orders/mine",
		"GET /api/orders/7":       "orders-get GET /api/orders/{id}",
		"GET /api/orders/a%2Fb":   "all ANY /{proxy+}", // the service decodes before it matches
		"PUT /api/orders/7":       "orders-any ANY /api/orders/{id}",
		"PUT /api/orders/mine":    "orders-any ANY /api/orders/{id}",
		"HEAD /api/orders/7":      "orders-any ANY /api/orders/{id}",
		"POST /api/orders":        "orders-create POST /api/orders",
		"POST /api/orders/":       "all ANY /{proxy+}",
		"GET /api/orders/":        "all ANY /{proxy+}",
		"GET /api/orders":         "all ANY /{proxy+}",
		"GET /health":             "health GET /health",
		"HEAD /health":            "health-head HEAD /health",
		"GET /HEALTH":             "all ANY /{proxy+}",
		"GET /files/a":            "files GET /files/{path+}",
		"GET /files/a/b":          "files GET /files/{path+}",
		"GET /files/a/raw":        "files-raw GET /files/{name}/raw",
		"GET /files/logo/raw":     "files-raw GET /files/{name}/raw", // no greedy variable goes before a greedy one
		"GET /files/logo/small":   "logo GET /files/logo/{path+}",
		"GET /files/":             "all ANY /{proxy+}",
		"BREW /coffee":            "all ANY /{proxy+}",
		"GET /":                   "root GET /",
		"PUT /":                   "not-found $default",
		"GET //":                  "not-found $default",
		"GET //api/orders":        "not-found $default",
		"GET http://localhost/":   "root GET /",
		"GET http://localhost":    "root GET /",
		"GET /api/orders/../x":    "all ANY /{proxy+}",
		"GET /api/orders/%25zz":   "orders-get GET /api/orders/{id}",
		"GET /api/orders/7?a=%00": "orders-get GET /api/orders/{id}",
	} {
		w := serve(h, request(t, target+" HTTP/1.1\nHost: localhost\n\n"))
		if got := w.Header().Get("X-Function") + " " + w.Header().Get("X-Route"); w.Code != 200 || got != want {
			t.Errorf("%s: %d %s, want %s", target, w.Code, got, want)
		}
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	noDefault := []gateway.Route{{Method: "GET", Path: "/x/{id}"}, {Method: "POST", Path: "/x"}}
	h := gateway.New(noDefault, answers(`{}`))
	for name, c := range map[string]struct {
		text   string
		status int
		body   string
	}{
		"unknown path":         {"GET /y HTTP/1.1\nHost: a\n\n", 404, `{"message":"Not Found"}`},
		"unknown method":       {"HEAD /x/1 HTTP/1.1\nHost: a\n\n", 404, `{"message":"Not Found"}`},
		"control character":    {"GET /x/%00 HTTP/1.1\nHost: a\n\n", 400, `{"message":"Bad Request"}`},
		"line break":           {"GET /x/%0d%0a HTTP/1.1\nHost: a\n\n", 400, `{"message":"Bad Request"}`},
		"delete":               {"GET /x/%7f HTTP/1.1\nHost: a\n\n", 400, `{"message":"Bad Request"}`},
		"path not UTF-8":       {"GET /x/%ff HTTP/1.1\nHost: a\n\n", 400, `{"message":"Bad Request"}`},
		"raw path not UTF-8":   {"GET /x/\xff HTTP/1.1\nHost: a\n\n", 400, `{"message":"Bad Request"}`},
		"query not UTF-8":      {"GET /x/1?\xff HTTP/1.1\nHost: a\n\n", 400, `{"message":"Bad Request"}`},
		"cookie not UTF-8":     {"GET /x/1 HTTP/1.1\nHost: a\nCookie: a=\xff\n\n", 400, `{"message":"Bad Request"}`},
		"host":                 {"GET /x/1 HTTP/1.1\nHost: a%zz\n\n", 400, `{"message":"Bad Request"}`},
		"no host":              {"GET /x/1 HTTP/1.0\n\n", 400, `{"message":"Bad Request"}`},
		"asterisk":             {"OPTIONS * HTTP/1.1\nHost: a\n\n", 400, `{"message":"Bad Request"}`},
		"headers too large":    {"GET /x/1 HTTP/1.1\nHost: a\nX: " + strings.Repeat("x", 10_240) + "\n\n", 431, `{"message":"Request Header Fields Too Large"}`},
		"target too large":     {"GET /x/" + strings.Repeat("x", 10_240) + " HTTP/1.1\nHost: a\n\n", 431, `{"message":"Request Header Fields Too Large"}`},
		"body too large":       {"POST /x HTTP/1.1\nHost: a\nContent-Length: 10485761\n\n" + strings.Repeat("x", 10_485_761), 413, `{"message":"Request Entity Too Large"}`},
		"body ends too early":  {"POST /x HTTP/1.1\nHost: a\nContent-Length: 3\n\nx", 400, `{"message":"Bad Request"}`},
		"just under the limit": {"POST /x HTTP/1.1\nHost: a\nContent-Length: 10485760\n\n" + strings.Repeat("x", 10_485_760), 200, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(h, request(t, c.text))
			if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%d %s %v, want %d %s", w.Code, w.Body, w.Header(), c.status, c.body)
			}
			if w.Header().Get("Apigw-Requestid") == "" {
				t.Error("no apigw-requestid")
			}
		})
	}
}

func TestFailure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err     error
		status  int
		message string
	}{
		"function":  {&runtime.FunctionError{Type: "Runtime.ExitError"}, 500, "Internal Server Error"},
		"timeout":   {runtime.ErrTimeout, 500, "Internal Server Error"},
		"unknown":   {runtime.ErrUnknown, 500, "Internal Server Error"},
		"throttled": {runtime.ErrThrottled, 503, "Service Unavailable"},
		"closing":   {runtime.ErrClosed, 503, "Service Unavailable"},
		"too large": {runtime.ErrTooLarge, 413, "Request Entity Too Large"},
		"foreign":   {errors.New("secret"), 500, "Internal Server Error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := gateway.New(shop, lambda(func(context.Context, string, []byte) ([]byte, error) {
				return nil, fmt.Errorf("invoke: %w", c.err)
			}))
			w := serve(h, request(t, "GET /health HTTP/1.1\nHost: a\n\n"))
			if want := `{"message":"` + c.message + `"}`; w.Code != c.status || w.Body.String() != want {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, c.status, want)
			}
		})
	}
}

func TestFailure_past_30_seconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		h := gateway.New(shop, lambda(func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, fmt.Errorf("invoke: %w", ctx.Err())
		}))
		w := serve(h, request(t, "GET /health HTTP/1.1\nHost: a\n\n"))
		if waited := time.Since(start); w.Code != 503 || waited != 30*time.Second {
			t.Errorf("%d %s after %s, want 503 after 30s", w.Code, w.Body, waited)
		}
	})
}

// On the wire: what net/http adds and leaves out counts too.
func TestServed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(gateway.New(shop, answers(`{"statusCode":200,"cookies":["a=1","b=2"],"body":"hello"}`)))
	t.Cleanup(server.Close)
	for method, body := range map[string]string{"GET": "hello", "HEAD": ""} {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || string(got) != body || len(response.Cookies()) != 2 || response.ContentLength != 5 {
			t.Errorf("%s: %q %v %v (%v)", method, got, response.Header, response.ContentLength, err)
		}
	}
}
