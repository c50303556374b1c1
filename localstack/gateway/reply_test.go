package gateway_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/gateway"
)

func TestReply(t *testing.T) {
	t.Parallel()
	plain := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	inferred := http.Header{"Content-Type": {"application/json"}}
	for name, c := range map[string]struct {
		answer  string
		status  int
		body    string
		headers http.Header // beside Content-Length and the request id
	}{
		"plain":              {`{"statusCode":201,"body":"hi"}`, 201, "hi", plain},
		"nothing else":       {`{"statusCode":200}`, 200, "", plain},
		"nulls":              {`{"statusCode":200,"headers":null,"cookies":null,"body":null,"isBase64Encoded":null,"multiValueHeaders":null}`, 200, "", plain},
		"base64":             {`{"statusCode":200,"headers":{"content-type":"image/png"},"body":"iVBORw==","isBase64Encoded":true}`, 200, "\x89PNG", http.Header{"Content-Type": {"image/png"}}},
		"header types":       {`{"statusCode":200,"headers":{"X-Count":3,"x-on":true,"Content-Type":"a/b"}}`, 200, "", http.Header{"X-Count": {"3"}, "X-On": {"true"}, "Content-Type": {"a/b"}}},
		"cookies":            {`{"statusCode":204,"cookies":["a=1; Path=/","b=2"]}`, 204, "", http.Header{"Set-Cookie": {"a=1; Path=/", "b=2"}}},
		"no content":         {`{"statusCode":204,"body":"dropped"}`, 204, "", http.Header{}},
		"not modified":       {`{"statusCode":304,"headers":{"etag":"x"}}`, 304, "", http.Header{"Etag": {"x"}}},
		"hop by hop":         {`{"statusCode":200,"headers":{"connection":"close","Transfer-Encoding":"chunked","content-length":"99","upgrade":"h2c"}}`, 200, "", plain},
		"request id":         {`{"statusCode":200,"headers":{"apigw-requestid":"mine"}}`, 200, "", plain},
		"inferred object":    {` {"a": 1} `, 200, `{"a": 1}`, inferred},
		"inferred body":      {`{"body":"x","headers":{"content-type":"a/b"}}`, 200, `{"body":"x","headers":{"content-type":"a/b"}}`, inferred},
		"inferred list":      {`[1,2]`, 200, `[1,2]`, inferred},
		"inferred text":      {`"Hello \u00fc"`, 200, "Hello ü", inferred},
		"inferred null":      {`null`, 200, "null", inferred},
		"other spelling":     {`{"StatusCode":201}`, 200, `{"StatusCode":201}`, inferred},
		"not JSON":           {`oops`, 500, "", nil},
		"empty":              {``, 500, "", nil},
		"status text":        {`{"statusCode":"200"}`, 500, "", nil},
		"status null":        {`{"statusCode":null}`, 500, "", nil},
		"status zero":        {`{"statusCode":0}`, 500, "", nil},
		"status fraction":    {`{"statusCode":200.5}`, 500, "", nil},
		"status provisional": {`{"statusCode":103}`, 500, "", nil},
		"status huge":        {`{"statusCode":1e99}`, 500, "", nil},
		"body object":        {`{"statusCode":200,"body":{}}`, 500, "", nil},
		"bad base64":         {`{"statusCode":200,"body":"*","isBase64Encoded":true}`, 500, "", nil},
		"flag text":          {`{"statusCode":200,"isBase64Encoded":"true"}`, 500, "", nil},
		"headers list":       {`{"statusCode":200,"headers":[]}`, 500, "", nil},
		"header list":        {`{"statusCode":200,"headers":{"a":["b"]}}`, 500, "", nil},
		"header name":        {`{"statusCode":200,"headers":{"a b":"c"}}`, 500, "", nil},
		"header split":       {`{"statusCode":200,"headers":{"a":"b\r\nset-cookie: x=y"}}`, 500, "", nil},
		"cookie split":       {`{"statusCode":200,"cookies":["a=b\nc: d"]}`, 500, "", nil},
		"cookies text":       {`{"statusCode":200,"cookies":"a=b"}`, 500, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(gateway.New(shop, answers(c.answer)), request(t, "GET /health HTTP/1.1\nHost: a\n\n"))
			if c.headers == nil {
				c.body, c.headers = `{"message":"Internal Server Error"}`, inferred
			}
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, c.status, c.body)
			}
			got := w.Header().Clone()
			if id := got.Get("Apigw-Requestid"); len(id) != 16 {
				t.Errorf("apigw-requestid %q", id)
			}
			got.Del("Apigw-Requestid")
			got.Del("Content-Length")
			if diff := cmp.Diff(c.headers, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzReply(f *testing.F) {
	f.Add([]byte(`{"statusCode":200,"headers":{"a":"b"},"cookies":["c=d"],"body":"e","isBase64Encoded":false}`))
	f.Add([]byte(`"x"`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		w := serve(gateway.New(shop, answers(string(answer))), request(t, "GET /health HTTP/1.1\nHost: a\n\n"))
		if w.Code < 200 || w.Code > 599 {
			t.Errorf("status %d", w.Code)
		}
	})
}
