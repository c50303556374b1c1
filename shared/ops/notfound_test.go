package ops_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"mercato/shared/ops"
	"mercato/shared/platform"
	"mercato/shared/platform/api"
	"mercato/shared/platform/apitest"
)

func fallback(t *testing.T) http.Handler {
	t.Helper()
	return ops.NotFound.Handler(environment(t))
}

// environment has no server in it: the fallback opens nothing.
func environment(t *testing.T) *platform.Env {
	t.Helper()
	env, err := platform.New(func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// ask sends a request for a path that is written as it arrives, undecoded.
func ask(t *testing.T, h http.Handler, method, target string) apitest.Answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/", http.NoBody)
	path, query, _ := strings.Cut(target, "?")
	decoded, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = &url.URL{Path: decoded, RawPath: path, RawQuery: query}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return apitest.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
}

func isProblem(t *testing.T, a apitest.Answer, status int, code string) {
	t.Helper()
	var p api.Problem
	a.Into(t, &p)
	if a.Status != status || p.Status != status || p.Code != code || p.Message == "" || p.Message != p.Detail || p.Instance == "" ||
		a.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %s: %s", a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", a.Header)
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	h := fallback(t)
	for _, target := range []string{
		"/", "/api", "/api/", "/nothing", "/nothing/", "/API/orders", "/api/orders/1/2", "/api/orders/1/lines", "/api/auth", "/api/auth/session/7",
		"//", "///", "//evil.example", "//evil.example/", "//evil.example/api/orders/", `/\evil.example/`, `/\/evil.example/`, "/%5Cevil.example/", "/%2Fevil.example/",
		"//api/orders/", "/api//orders", "/api//orders/", "/api/orders/1%2F2", "/./api/orders/", "/../api/orders", "/https://evil.example/", "/%00", "/%ff/",
		"/api/orders%00", "/health/ready/now", "/healthy", "/api/products/public/1/2/",
	} {
		a := ask(t, h, http.MethodGet, target)
		isProblem(t, a, 404, "not_found")
		if a.Header.Get("Location") != "" || a.Header.Get("Allow") != "" {
			t.Errorf("%s: headers %v", target, a.Header)
		}
	}
}

func TestNotFoundMethod(t *testing.T) {
	t.Parallel()
	h := fallback(t)
	for question, allow := range map[string]string{
		"DELETE /api/orders":          "GET, POST",
		"PUT /api/orders":             "GET, POST",
		"OPTIONS /api/orders":         "GET, POST",
		"POST /api/orders/7":          "GET",
		"PUT /api/products/7":         "DELETE, GET, PATCH",
		"PUT /api/products":           "GET, POST",
		"PUT /api/products/my-home":   "DELETE, GET, PATCH", // 7 and my-home are both an {id}
		"POST /api/products/public/7": "GET",
		"GET /api/auth/login":         "POST",
		"POST /api/auth/session":      "GET",
		"POST /health":                "GET",
		"DELETE /health/ready":        "GET",
	} {
		method, target, _ := strings.Cut(question, " ")
		a := ask(t, h, method, target)
		isProblem(t, a, 405, "method_not_allowed")
		if got := a.Header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow %q, want %q", question, got, allow)
		}
	}
}

func TestNotFoundSlash(t *testing.T) {
	t.Parallel()
	h := fallback(t)
	for target, location := range map[string]string{
		"/api/orders/":                              "/api/orders",
		"/api/orders//":                             "/api/orders",
		"/api/orders/?status=FAILED&limit=2":        "/api/orders?status=FAILED&limit=2",
		"/api/orders/?next=https://evil.example/":   "/api/orders?next=https://evil.example/",
		"/api/orders/7/":                            "/api/orders/7",
		"/api/products/public/7/?q=a%20b":           "/api/products/public/7?q=a%20b",
		"/health/":                                  "/health",
		"/api/orders/%3Fq/":                         "/api/orders/%3Fq",
		"/api/orders/%25zz/":                        "/api/orders/%25zz",
		"/api/orders/%0d%0aX-Evil:%20x/":            "/api/orders/%0D%0AX-Evil:%20x",
		"/api/products/@evil.example/":              "/api/products/@evil.example",
		"/api/auth/login/":                          "/api/auth/login",
		"/api/products/https:evil.example/?a=b&a=c": "/api/products/https:evil.example?a=b&a=c",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			a := ask(t, h, method, target)
			if got := a.Header.Get("Location"); a.Status != 308 || got != location {
				t.Errorf("%s %s: %d %q, want %q", method, target, a.Status, got, location)
			}
			base, _ := url.Parse("https://shop.example/")
			if to, err := base.Parse(a.Header.Get("Location")); err != nil || to.Host != "shop.example" || to.Scheme != "https" {
				t.Errorf("%s leads to %v, %v", target, to, err)
			}
		}
	}
}

// A parameter is never empty: what lacks one is the path above it.
func TestNotFoundEmptyParameter(t *testing.T) {
	t.Parallel()
	h := fallback(t)
	for target, location := range map[string]string{
		"/api/orders/": "/api/orders", "/api/products/public/": "/api/products/public", "/api/products//": "/api/products",
	} {
		if a := ask(t, h, http.MethodGet, target); a.Status != 308 || a.Header.Get("Location") != location {
			t.Errorf("%s: %d %v", target, a.Status, a.Header)
		}
	}
	stock := api.Fallback{Name: "not-found", Routes: "POST /api/products/{id}/stock\n"}.Handler(environment(t))
	isProblem(t, ask(t, stock, http.MethodGet, "/api/products/7/stock"), 405, "method_not_allowed")
	isProblem(t, ask(t, stock, http.MethodGet, "/api/products//stock"), 404, "not_found")
}
