package e2e_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// user is somebody with a browser.
type user struct {
	stack           *stack
	http            http.Client
	id              int64
	name, email, pw string
}

// answer is what came back.
type answer struct {
	call   string
	status int
	header http.Header
	body   []byte
}

// problem is an answer that is no success.
type problem struct {
	Title, Detail, Message, Instance, Code string
	Status                                 int
	Errors                                 []struct{ Location, Message string }
	Changes                                []struct {
		ProductID        int64 `json:"product_id"`
		Expected, Actual string
	}
}

// visitor has no account.
func visitor(t *testing.T, s *stack) *user {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	t.Cleanup(transport.CloseIdleConnections)
	return &user{stack: s, http: http.Client{
		Jar: jar, Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signUp makes a new user, who is logged in.
func signUp(t *testing.T, s *stack) *user {
	t.Helper()
	u := visitor(t, s)
	u.name = "u" + strings.ToLower(rand.Text()[:16])
	u.email, u.pw = u.name+"@example.com", rand.Text()
	var made struct{ User struct{ ID int64 } }
	u.do(t, "POST", "/api/auth/signup", map[string]string{
		"username": u.name, "email": u.email, "password": u.pw, "repeat_password": u.pw,
	}).into(t, 201, &made)
	u.id = made.User.ID
	u.logIn(t)
	return u
}

func (u *user) logIn(t *testing.T) answer {
	t.Helper()
	a := u.do(t, "POST", "/api/auth/login", map[string]string{"email": u.email, "password": u.pw})
	a.want(t, 200)
	return a
}

// do sends a request, with a body when it is not nil, as it is when it is text. Headers come in pairs.
func (u *user) do(t *testing.T, method, path string, body any, headers ...string) answer {
	t.Helper()
	a, err := u.send(t.Context(), method, path, body, headers...)
	meetsAWS(t, a.status)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// send is do for other goroutines than the test's. An answer that the OpenAPI document does not know is an error.
func (u *user) send(ctx context.Context, method, path string, body any, headers ...string) (answer, error) {
	a := answer{call: method + " " + path}
	var content io.Reader = http.NoBody
	if body != nil {
		text, isText := body.(string)
		if !isText {
			blob, err := json.Marshal(body)
			if err != nil {
				return a, err
			}
			text = string(blob)
		}
		content = strings.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, u.stack.url+path, content)
	if err != nil {
		return a, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := u.http.Do(request)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	a.status, a.header = response.StatusCode, response.Header
	if a.body, err = io.ReadAll(response.Body); err != nil {
		return a, err
	}
	return a, documented(method, path, a)
}

func (a answer) String() string {
	return fmt.Sprintf("%s: %d %s", a.call, a.status, bytes.TrimSpace(a.body))
}

func (a answer) decode(out any) error {
	if err := json.Unmarshal(a.body, out); err != nil {
		return fmt.Errorf("%s: %w", a, err)
	}
	return nil
}

func (a answer) want(t *testing.T, status int) {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s, want %d", a, status)
	}
}

func (a answer) into(t *testing.T, status int, out any) {
	t.Helper()
	a.want(t, status)
	if err := json.Unmarshal(a.body, out); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
}

func (a answer) problem() (p problem, err error) {
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		return p, fmt.Errorf("%s is %q, not a problem", a, kind)
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		return p, fmt.Errorf("%s: %w", a, err)
	}
	if p.Status != a.status || p.Code == "" || p.Instance == "" || p.Title == "" || p.Detail == "" || p.Message != p.Detail {
		return p, fmt.Errorf("%s is not a whole problem", a)
	}
	return p, nil
}

// refused answers the problem and fails when it is another.
func (a answer) refused(t *testing.T, status int, code string) problem {
	t.Helper()
	p, err := a.problem()
	if err != nil {
		t.Fatal(err)
	}
	if p.Status != status || p.Code != code {
		t.Fatalf("%s, want %d %s", a, status, code)
	}
	return p
}

func (u *user) cookies(t *testing.T) []*http.Cookie {
	t.Helper()
	where, err := url.Parse(u.stack.url)
	if err != nil {
		t.Fatal(err)
	}
	return u.http.Jar.Cookies(where)
}

// cookie is the access token.
func (u *user) cookie(t *testing.T) *http.Cookie {
	t.Helper()
	for _, c := range u.cookies(t) {
		return c
	}
	t.Fatal("not logged in")
	return nil
}
