package gateway_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mercato/localstack/gateway"
)

// lambda stands in for the Lambda service.
type lambda func(ctx context.Context, function string, payload []byte) ([]byte, error)

func (l lambda) Invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	return l(ctx, function, payload)
}

// answers is a Lambda service in which every function answers the same.
func answers(text string) lambda {
	return func(context.Context, string, []byte) ([]byte, error) { return []byte(text), nil }
}

var shop = []gateway.Route{
	{Path: "$default", Function: "not-found"},
	{Method: "GET", Path: "/api/orders/mine", Function: "orders-mine"},
	{Method: "ANY", Path: "/api/orders/{id}", Function: "orders-any"},
	{Method: "GET", Path: "/api/orders/{id}", Function: "orders-get"},
	{Method: "GET", Path: "/files/logo/{path+}", Function: "logo"},
	{Method: "POST", Path: "/api/orders", Function: "orders-create"},
	{Method: "HEAD", Path: "/health", Function: "health-head"},
	{Method: "GET", Path: "/health", Function: "health"},
	{Method: "ANY", Path: "/{proxy+}", Function: "all"},
	{Method: "GET", Path: "/files/{path+}", Function: "files"},
	{Method: "GET", Path: "/files/{name}/raw", Function: "files-raw"},
	{Method: "GET", Path: "/", Function: "root"},
}

// request reads a request as it stands on the wire, lines ended by \n.
func request(t testing.TB, text string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n"))))
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.7:49152"
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// requestOrNil is nil where net/http would not accept the request.
func requestOrNil(head, body string) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n"))))
	if err != nil {
		return nil
	}
	r.Body = io.NopCloser(strings.NewReader(body))
	return r
}
