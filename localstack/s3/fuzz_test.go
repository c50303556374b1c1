package s3_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// FuzzForm: no form makes it panic or fail.
func FuzzForm(f *testing.F) {
	server := open(f, config(f.TempDir()))
	f.Add("--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nbody\r\n--x--\r\n", "multipart/form-data; boundary=x")
	f.Add("--x", "multipart/form-data")
	f.Fuzz(func(t *testing.T, body, contentType string) {
		r := request(http.MethodPost, "/pictures", body)
		r.Header.Set("Content-Type", contentType)
		if status, code := serve(server, r); status >= 500 || status < 400 {
			t.Errorf("answered %d %s", status, code)
		}
	})
}

// FuzzPolicy: no policy that the login has signed makes it panic or fail.
func FuzzPolicy(f *testing.F) {
	server := open(f, config(f.TempDir()))
	f.Add(policy(time.Now().Add(time.Hour), `["content-length-range",1,10]`))
	f.Add(`{"expiration":"2030-01-01T00:00:00Z","conditions":[["content-length-range",1e300,-1],[1,2,3],{"a":1},null]}`)
	f.Fuzz(func(t *testing.T, policy string) {
		if status, code := serve(server, form(t, policy, nil)); status >= 500 {
			t.Errorf("answered %d %s", status, code)
		}
	})
}

// FuzzClaim: no signature makes it panic, fail or serve.
func FuzzClaim(f *testing.F) {
	server := open(f, config(f.TempDir()))
	f.Add("GET", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=local%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0", "", "")
	f.Add("PUT", "", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0", "20260101T000000Z")
	f.Fuzz(func(t *testing.T, method, query, authorization, date string) {
		r := request(http.MethodGet, "/pictures/k", "")
		r.Method, r.URL.RawQuery = method, query
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Amz-Date", date)
		if status, code := serve(server, r); status >= 500 || status < 400 {
			t.Errorf("answered %d %s", status, code)
		}
	})
}

// FuzzConfiguration: no configuration of a bucket makes it panic or fail.
func FuzzConfiguration(f *testing.F) {
	server := open(f, config(f.TempDir()))
	f.Add("cors", `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`, "https://x")
	f.Add("policy", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::pictures/images/*"}]}`, "")
	f.Fuzz(func(t *testing.T, what, body, origin string) {
		if what != "cors" {
			what = "policy"
		}
		if status, code := serve(server, signed(t, request(http.MethodPut, "/pictures?"+what, body), body)); status >= 500 {
			t.Errorf("answered %d %s", status, code)
		}
		r := httptest.NewRequest(http.MethodOptions, "http://s3.local/pictures/k", strings.NewReader(""))
		r.Header.Set("Origin", origin)
		r.Header.Set("Access-Control-Request-Method", "GET")
		if status, code := serve(server, r); status >= 500 {
			t.Errorf("the preflight answered %d %s", status, code)
		}
	})
}
