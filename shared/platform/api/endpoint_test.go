package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"mercato/shared/platform"
	"mercato/shared/platform/api"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/session"
)

type shelf struct{}

type stackIn struct {
	ID   int64 `path:"id" minimum:"1" maximum:"9223372036854775807"`
	Deep bool  `query:"deep"`
	Body stackBody
}

type stackBody struct {
	Name     string     `json:"name" minLength:"1" maxLength:"10"`
	Secret   string     `json:"secret,omitempty" format:"password"`
	Price    *api.Price `json:"price,omitempty"`
	Lines    []line     `json:"lines,omitempty" maxItems:"3"`
	Quantity int        `json:"quantity" minimum:"1" maximum:"1000"`
}

type line struct {
	Quantity int `json:"quantity" minimum:"1" maximum:"1000"`
}

type stackOut struct {
	Body stackAnswer
}

type stackAnswer struct {
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	UserID   int64  `json:"user_id"`
}

func (shelf) stack(ctx context.Context, in *stackIn) (*stackOut, error) {
	switch in.Body.Name {
	case "panic":
		panic("on purpose")
	case "conflict":
		return nil, &fault.Error{Kind: fault.Conflict, Code: "taken", Message: "It is taken.", Extra: map[string]any{"by": "me"}}
	case "internal":
		return nil, context.Canceled
	}
	return &stackOut{stackAnswer{in.Body.Name, in.Body.Quantity, session.From(ctx).UserID}}, nil
}

var stack = api.Endpoint[shelf, stackIn, stackOut]{
	Name: "shelf-stack", Route: "POST /api/shelf/{id}", Summary: "Stack the shelf",
	Allow: session.User, Rate: api.Write, Status: 200,
	Open:  func(e *platform.Env) shelf { e.Postgres("orders"); return shelf{} },
	Serve: shelf.stack,
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, nil)
	caller, cookie := app.SignUp(t, "anna", session.RoleUser)
	client := app.Open(t, stack)
	send := func(t *testing.T, body string) apitest.Answer {
		t.Helper()
		return client.Do(t, apitest.Request{Path: "/api/shelf/7", Body: body, Cookie: cookie})
	}

	t.Run("answers", func(t *testing.T) {
		t.Parallel()
		var got stackAnswer
		send(t, `{"name":"nut","quantity":1e2}`).Into(t, &got)
		if got != (stackAnswer{"nut", 100, caller.UserID}) {
			t.Errorf("got %+v", got)
		}
	})
	for name, c := range map[string]struct {
		body     string
		status   int
		location string
	}{
		"not JSON":          {`{"name":`, 400, "body"},
		"two values":        {`{"name":"a","quantity":1}{}`, 400, "body"},
		"not UTF-8":         {"{\"name\":\"\xff\",\"quantity\":1}", 400, "body"},
		"unknown field":     {`{"name":"a","quantity":1,"color":"red"}`, 400, "body.color"},
		"other case":        {`{"name":"a","quantity":2,"Quantity":-5}`, 400, "body.Quantity"},
		"key twice":         {`{"name":"a","quantity":2,"quantity":-5}`, 400, "body.quantity"},
		"deep key twice":    {`{"name":"a","quantity":2,"lines":[{"quantity":1,"quantity":2}]}`, 400, "body.lines[0].quantity"},
		"missing":           {`{"name":"a"}`, 422, "body.quantity"},
		"null":              {`{"name":"a","quantity":null}`, 422, "body.quantity"},
		"wrong type":        {`{"name":7,"quantity":1}`, 422, "body.name"},
		"text for a number": {`{"name":"a","quantity":"1"}`, 422, "body.quantity"},
		"zero":              {`{"name":"a","quantity":0}`, 422, "body.quantity"},
		"negative":          {`{"name":"a","quantity":-1}`, 422, "body.quantity"},
		"fraction":          {`{"name":"a","quantity":1.5}`, 422, "body.quantity"},
		"huge":              {`{"name":"a","quantity":99999999999999999999}`, 422, "body.quantity"},
		"beyond int64":      {`{"name":"a","quantity":9223372036854775808}`, 422, "body.quantity"},
		"deep beyond int64": {`{"name":"a","quantity":1,"lines":[{"quantity":9223372036854775808}]}`, 422, "body.lines[0].quantity"},
		"astronomical":      {`{"name":"a","quantity":1e999}`, 422, "body.quantity"},
		"deep":              {`{"name":"a","quantity":1,"lines":[{"quantity":1},{"quantity":0}]}`, 422, "body.lines[1].quantity"},
		"too many":          {`{"name":"a","quantity":1,"lines":[{"quantity":1},{"quantity":1},{"quantity":1},{"quantity":1}]}`, 422, "body.lines"},
		"NUL":               {`{"name":"a\u0000","quantity":1}`, 422, "body.name"},
		"no object":         {`[]`, 422, "body"},
		"null body":         {`null`, 422, "body"},
		"price of no type":  {`{"name":"a","quantity":1,"price":true}`, 422, "body.price"},
		"empty":             {``, 400, ""},
		"nested":            {`{"name":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `,"quantity":1}`, 400, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := send(t, c.body)
			var p api.Problem
			answer.Into(t, &p)
			if answer.Status != c.status || (c.location != "" && (len(p.Errors) == 0 || p.Errors[0].Location != c.location)) {
				t.Errorf("got %d %s, want %d at %s", answer.Status, answer.Body, c.status, c.location)
			}
			if p.Message != p.Detail || p.Instance == "" || p.Code == "" || p.Status != answer.Status {
				t.Errorf("incomplete problem: %s", answer.Body)
			}
		})
	}
}

func TestEndpointProtocol(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, nil)
	_, cookie := app.SignUp(t, "anna", session.RoleUser)
	client := app.Open(t, stack)
	const good = `{"name":"nut","quantity":1}`
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	for name, c := range map[string]struct {
		request apitest.Request
		status  int
	}{
		"nobody":             {apitest.Request{Body: good}, 401},
		"bad token":          {apitest.Request{Body: good, Cookie: &http.Cookie{Name: "token", Value: "e30.e30.e30"}}, 401},
		"form":               {apitest.Request{Body: good, Cookie: cookie, Header: header("Content-Type", "text/plain")}, 415},
		"foreign site":       {apitest.Request{Body: good, Cookie: cookie, Header: header("Sec-Fetch-Site", "cross-site")}, 403},
		"foreign origin":     {apitest.Request{Body: good, Cookie: cookie, Header: header("Origin", "https://evil.example")}, 403},
		"own origin":         {apitest.Request{Body: good, Cookie: cookie, Header: header("Origin", "http://shop.test")}, 200},
		"too big":            {apitest.Request{Body: `{"name":"` + strings.Repeat("x", 65<<10) + `"}`, Cookie: cookie}, 413},
		"bad path":           {apitest.Request{Path: "/api/shelf/x", Body: good, Cookie: cookie}, 400},
		"zero path":          {apitest.Request{Path: "/api/shelf/0", Body: good, Cookie: cookie}, 400},
		"unknown query":      {apitest.Request{Path: "/api/shelf/7?wide=1", Body: good, Cookie: cookie}, 400},
		"bad query":          {apitest.Request{Path: "/api/shelf/7?deep=maybe", Body: good, Cookie: cookie}, 400},
		"undecodable query":  {apitest.Request{Path: "/api/shelf/7?deep=%zz", Body: good, Cookie: cookie}, 400},
		"NUL in the query":   {apitest.Request{Path: "/api/shelf/7?deep=%00", Body: good, Cookie: cookie}, 400},
		"dots":               {apitest.Request{Path: "/api/shelf/..", Body: good, Cookie: cookie}, 404},
		"two slashes":        {apitest.Request{Path: "/api//shelf/7", Body: good, Cookie: cookie}, 404},
		"no such path":       {apitest.Request{Path: "/api/elsewhere", Body: good, Cookie: cookie}, 404},
		"panic":              {apitest.Request{Body: `{"name":"panic","quantity":1}`, Cookie: cookie}, 500},
		"internal":           {apitest.Request{Body: `{"name":"internal","quantity":1}`, Cookie: cookie}, 500},
		"conflict":           {apitest.Request{Body: `{"name":"conflict","quantity":1}`, Cookie: cookie}, 409},
		"NUL in a secret ok": {apitest.Request{Body: `{"name":"a","quantity":1,"secret":"\u0000"}`, Cookie: cookie}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.request.Path == "" {
				c.request.Path = "/api/shelf/7"
			}
			answer := client.Do(t, c.request)
			if answer.Status != c.status {
				t.Errorf("got %d %s, want %d", answer.Status, answer.Body, c.status)
			}
			for _, leak := range []string{"on purpose", "canceled", "goroutine", "json:", "nut"} {
				if answer.Status >= 400 && strings.Contains(string(answer.Body), leak) {
					t.Errorf("the answer tells %q: %s", leak, answer.Body)
				}
			}
			if answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", answer.Header)
			}
		})
	}
}

func TestRevokedSession(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, nil)
	caller, cookie := app.SignUp(t, "anna", session.RoleUser)
	client := app.Open(t, stack)
	request := apitest.Request{Path: "/api/shelf/7", Body: `{"name":"nut","quantity":1}`, Cookie: cookie}
	if a := client.Do(t, request); a.Status != 200 {
		t.Fatalf("before: %d", a.Status)
	}
	if _, err := app.DB.Exec(t.Context(), `UPDATE auth.sessions SET revoked_at = now() WHERE id = $1`, caller.SessionID); err != nil {
		t.Fatal(err)
	}
	if a := client.Do(t, request); a.Status != 401 {
		t.Errorf("after: %d %s, want 401", a.Status, a.Body)
	}
}
