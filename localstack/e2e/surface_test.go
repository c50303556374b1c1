package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestGateway(t *testing.T) {
	t.Parallel()
	u := signUp(t, calm(t))
	for _, path := range []string{"/", "/api", "/api/nothing", "/api/orders/1/2", "/index.html", "/API/orders", "/api//orders"} {
		t.Run("unknown "+path, func(t *testing.T) { u.do(t, "GET", path, nil).refused(t, 404, "not_found") })
	}
	for call, allow := range map[string]string{
		"PUT /api/orders": "GET, POST", "DELETE /api/orders/1": "GET", "POST /api/products/1": "DELETE, GET, PATCH", "PATCH /health": "GET",
	} {
		t.Run("method "+call, func(t *testing.T) {
			method, path, _ := strings.Cut(call, " ")
			a := u.do(t, method, path, nil)
			a.refused(t, 405, "method_not_allowed")
			if got := a.header.Get("Allow"); got != allow {
				t.Errorf("Allow: %s, want %s", got, allow)
			}
		})
	}
	for call, location := range map[string]string{
		"GET /api/products/public/?limit=1": "/api/products/public?limit=1", "POST /api/orders/": "/api/orders", "GET /api/orders/7/": "/api/orders/7",
	} {
		t.Run("slash "+call, func(t *testing.T) {
			method, path, _ := strings.Cut(call, " ")
			a := u.do(t, method, path, nil)
			if got := a.header.Get("Location"); a.status != 308 || got != location {
				t.Errorf("%s to %q, want 308 to %s", a, got, location)
			}
		})
	}
}

func TestGateway_headers(t *testing.T) {
	t.Parallel()
	u := signUp(t, calm(t))
	for _, path := range []string{"/api/orders", "/api/auth/session", "/api/nothing", "/api/orders/999999999"} {
		h := u.do(t, "GET", path, nil).header
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
			"Strict-Transport-Security": "", // one machine has no TLS
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s of %s is %q, want %q", name, path, got, want)
			}
		}
	}
	for _, foreign := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		u.do(t, "POST", "/api/orders", basket{}, foreign...).refused(t, 403, "forbidden")
	}
}

// TestGateway_bytes sends what no client library would: all of it is the client's fault, so it is a 4xx.
func TestGateway_bytes(t *testing.T) {
	t.Parallel()
	u := signUp(t, calm(t))
	token := "token=" + u.cookie(t).Value
	for _, target := range []string{
		"/api/orders/%zz", "/api/orders/%25zz", "/api/orders/%00", "/api/orders/%01", "/api/orders/%7f", "/api/orders/%0d%0a", "/api/orders/%ff",
		"/api/orders/%c0%80", "/api/orders/\xff", "/api/orders/\x01", "/api/orders/\x7f", "/api/orders/%2500", "/api/orders/1%002", "/api/orders/%",
		"/api/orders?limit=%00", "/api/orders?limit=%ff", "/api/orders?limit=%zz", "/api/orders?limit=\xff", "/api/orders?cursor=%01", "/api/orders?status=%7f",
		"/api/orders?%00=1", "/api/orders?%ff=1", "/api/orders?limit=1;cursor=2", "/api/orders?limit=-1", "/api/orders?limit=1e1", "/api/orders?limit=99999999999999999999",
		"/api/products/public/%00", "/api/products/public?limit=%00", "/api/products/%ef%bf%bf", "/%00", "/%ff", "/\x7f", "/api/orders%00", "/api/orders/9223372036854775808",
		"/api/orders/-1", "/api/orders/0", "/api/orders/1.0", "/api/orders/+1", "/api/orders/%31%2f%32", "api/orders", "http://\xff/api/orders", "*",
	} {
		t.Run(fmt.Sprintf("%q", target), func(t *testing.T) {
			refusedBytes(t, u.stack, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nCookie: "+token+"\r\n")
		})
	}
	for _, cookie := range []string{
		"token=\xff", "token=\x01", "token=%00", "token=\"\x7f\"", "token=", "token", "=", "token=a.b.c", "token=" + strings.Repeat("x", 5000),
		token + "\xff", token + "x", "token=; token=\xc0\x80",
	} {
		t.Run(fmt.Sprintf("cookie %.20q", cookie), func(t *testing.T) {
			refusedBytes(t, u.stack, "GET /api/orders HTTP/1.1\r\nHost: localhost\r\nCookie: "+cookie+"\r\n")
		})
	}
	t.Run("cookies of 11 KB", func(t *testing.T) {
		refusedBytes(t, u.stack, "GET /api/orders HTTP/1.1\r\nHost: localhost\r\nCookie: "+token+"; pad="+strings.Repeat("x", 11<<10)+"\r\n")
	})
	body := `{"items":[{"product_id":1,"quantity":1}]}`
	for _, header := range []string{
		"Content-Type: \xff", "Content-Type: application/json; charset", "Content-Type: text/plain", "Content-Type: ",
		"Content-Type: application/json\r\nIdempotency-Key: \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "Content-Type: application/json\r\nIdempotency-Key: short",
		"Content-Type: application/json\r\nIdempotency-Key: " + strings.Repeat("k", 256), "Content-Type: application/json\r\nSec-Fetch-Site: \xff",
	} {
		t.Run(fmt.Sprintf("header %.60q", header), func(t *testing.T) {
			refusedBytes(t, u.stack, fmt.Sprintf("POST /api/orders HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\nContent-Length: %d\r\n%s\r\n\r\n%s", token, len(body), header, body))
		})
	}
}

// refusedBytes sends a request as it is, with the end of its head when it has none, and wants a 4xx.
func refusedBytes(t *testing.T, s *stack, request string) {
	t.Helper()
	if !strings.Contains(request, "\r\n\r\n") {
		request += "\r\n"
	}
	where, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", where.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
	meetsAWS(t, response.StatusCode)
	if response.StatusCode < 400 || response.StatusCode > 499 {
		t.Errorf("%d %s", response.StatusCode, text)
	}
}
