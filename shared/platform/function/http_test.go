package function_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"mercato/shared/platform/function"
)

// echo answers with what it understood of the request.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
	http.SetCookie(w, &http.Cookie{Name: "b", Value: "2"})
	w.WriteHeader(http.StatusTeapot)
	token, _ := r.Cookie("token")
	fmt.Fprintf(w, "%s %q %s %v %s", r.Method, r.URL.Path, r.URL.RawQuery, token, body)
})

func request(path, query, body string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, RawQueryString: query, Body: body, Cookies: []string{"x=y", "token=t"}}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.Path = "POST", path
	e.RequestContext.DomainName = "shop.test"
	return e
}

func TestServe(t *testing.T) {
	t.Parallel()
	base64 := request("/a", "", "aGk=")
	base64.IsBase64Encoded = true
	badBase64 := base64
	badBase64.Body = "%%%"
	for name, c := range map[string]struct {
		event  events.APIGatewayV2HTTPRequest
		status int
		body   string
	}{
		"plain":              {request("/a/b", "c=d&c=e", "hi"), 418, `POST "/a/b" c=d&c=e token=t hi`},
		"base64":             {base64, 418, `POST "/a"  token=t hi`},
		"percent":            {request("/a/%zz", "", ""), 418, `POST "/a/%zz"  token=t `},
		"question mark":      {request("/a?b", "", ""), 418, `POST "/a?b"  token=t `},
		"control character":  {request("/a\x01\x7f", "", ""), 418, `POST "/a\x01\x7f"  token=t `},
		"space and bad utf8": {request("/a b\xff", "", ""), 418, `POST "/a b\xff"  token=t `},
		"bad base64":         {badBase64, 400, `"code":"bad_request"`},
		"space in the query": {request("/a", "b c", ""), 418, ""},
		"control in query":   {request("/a", "b=\x00", ""), 400, `"code":"bad_request"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := function.Serve(t.Context(), echo, c.event)
			if err != nil || a.StatusCode != c.status || !strings.Contains(a.Body, c.body) {
				t.Errorf("%d %s, %v; want %d %s", a.StatusCode, a.Body, err, c.status, c.body)
			}
			if c.status == 418 && len(a.Cookies) != 2 {
				t.Errorf("cookies %v: a second Set-Cookie is lost", a.Cookies)
			}
		})
	}
}

func FuzzServe(f *testing.F) {
	f.Add("/api/orders/%zz", "a=%zz", "{}", false, "token=\x01", "text/plain")
	f.Add("//evil", "\x7f", "e30=", true, "=", "\xff")
	f.Fuzz(func(t *testing.T, path, query, body string, base64 bool, cookie, contentType string) {
		e := request(path, query, body)
		e.IsBase64Encoded, e.Cookies, e.Headers = base64, []string{cookie}, map[string]string{"content-type": contentType}
		a, err := function.Serve(t.Context(), echo, e)
		if err != nil || a.StatusCode >= 500 {
			t.Errorf("%d %v", a.StatusCode, err)
		}
	})
}
