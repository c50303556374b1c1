package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// office plays the API for whoever looks after dead letters, and keeps what it was asked.
func office(t *testing.T, letters string) (url string, asked *output) {
	t.Helper()
	asked = &output{}
	answer := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			cookie, _ := r.Cookie("token")
			_, _ = fmt.Fprintf(asked, "%s %s %s %v\n", r.Method, r.URL, body, cookie)
			_, _ = io.WriteString(w, text)
		}
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /health", answer(`{"status":"ok"}`))
	routes.HandleFunc("POST /api/auth/demo-login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "token", Value: "admin", Path: "/"})
		answer(`{}`)(w, r)
	})
	routes.HandleFunc("GET /api/ops/dlq", func(w http.ResponseWriter, r *http.Request) {
		text := "[]"
		if r.URL.Query().Get("state") == "dead" {
			text = letters
		}
		answer(text)(w, r)
	})
	routes.HandleFunc("POST /api/ops/dlq/discard", answer(`{"message":"Discarded 1 dead letters.","ids":["first"]}`))
	routes.HandleFunc("POST /api/ops/dlq/replay", answer(`{"message":"Replayed 2 dead letters.","ids":["first","second"]}`))
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestDlqLs(t *testing.T) {
	t.Parallel()
	url, asked := office(t, `[{"event_id":"an-event","reader":"products","stream":"orders_stream","order_id":7,"error_code":"malformed","state":"dead","attempts":5,"replay_count":2,
		"error":"products: Größe 'x'\u001b[2J\r\n\ttab \u202e \u0007 \u009b \u0000",
		"due_at":"2026-11-23T05:00:00Z","last_seen":"2026-11-23T04:00:00Z","envelope":{}},{"event_id":"another","state":"dead","error":"`+strings.Repeat("é", 59)+`\n\n"},
		{"event_id":"a third","state":"dead","error":"`+strings.Repeat("é", 60)+`"}]`)
	c := setup(t)
	status, text := c.play(t, "dlq-ls", "BASE_URL="+url, "ERROR_CODE=a b")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if status != 0 || len(lines) != 4 || !strings.HasPrefix(lines[0], "EVENT ID") ||
		!strings.HasPrefix(strings.Join(strings.Fields(lines[1]), " "), "an-event products orders_stream 7 malformed dead 5 2 ") || !strings.HasPrefix(lines[2], "another") {
		t.Errorf("%d\n%s", status, text)
	}
	for i, want := range []string{
		` products: Größe 'x'\x1b[2J\r\n\ttab \u202e \a \u009b \x00`, " " + strings.Repeat("é", 59) + "…", " " + strings.Repeat("é", 60),
	} {
		if len(lines) == 4 && !strings.HasSuffix(lines[i+1], want) {
			t.Errorf("%q does not end as %q", lines[i+1], want)
		}
	}
	for _, want := range []string{
		`POST /api/auth/demo-login {"user":"admin"}`, `GET /api/ops/dlq?error_code=a+b&limit=100&state=dead  token=admin`, `&state=replaying `, `&state=parked `,
	} {
		if !strings.Contains(asked.String(), want) {
			t.Errorf("it never asked %s:\n%s", want, asked)
		}
	}
	if status, text := c.play(t, "dlq-ls", "BASE_URL="+url, "STATE=resolved"); status != 0 || text != "no dead letters\n" {
		t.Errorf("%d %s", status, text)
	}
}

func TestDlqReplay(t *testing.T) {
	t.Parallel()
	url, asked := office(t, "[]")
	c := setup(t)
	status, text := c.play(t, "dlq-replay", "BASE_URL="+url, "MAX=5", "IDS=a,b c", "ERROR_CODE=failed", "DRY_RUN=1")
	if status != 0 || text != "Replayed 2 dead letters.\n  first\n  second\n" {
		t.Errorf("%d %s", status, text)
	}
	if want := `POST /api/ops/dlq/replay {"dryRun":true,"errorCode":"failed","ids":["a","b","c"],"max":5} token=admin`; !strings.Contains(asked.String(), want) {
		t.Errorf("it never asked %s:\n%s", want, asked)
	}
	if status, _ := c.play(t, "dlq-replay", "BASE_URL="+url, "DRY_RUN=0"); status != 0 || !strings.Contains(asked.String(), "POST /api/ops/dlq/replay {} ") {
		t.Errorf("%d\n%s", status, asked)
	}
	if status, text := c.play(t, "dlq-replay", "BASE_URL="+url, "MAX=many"); status != 1 || !oneLine(text, "MAX=many") {
		t.Errorf("%d %s", status, text)
	}
}

func TestDlqDiscard(t *testing.T) {
	t.Parallel()
	url, asked := office(t, "[]")
	c := setup(t)
	status, text := c.play(t, "dlq-discard", "BASE_URL="+url, "IDS=a,b c", "REASON= nobody's \"order\" ")
	if status != 0 || text != "Discarded 1 dead letters.\n  first\n" {
		t.Errorf("%d %s", status, text)
	}
	if want := `POST /api/ops/dlq/discard {"ids":["a","b","c"],"reason":"nobody's \"order\""} token=admin`; !strings.Contains(asked.String(), want) {
		t.Errorf("it never asked %s:\n%s", want, asked)
	}
	for _, variables := range [][]string{{}, {"IDS=a"}, {"REASON=x"}, {"IDS= ,", "REASON=x"}, {"IDS=a", "REASON= "}} {
		url, asked := office(t, "[]")
		if status, text := c.play(t, "dlq-discard", append(variables, "BASE_URL="+url)...); status != 1 || !oneLine(text, "make dlq-discard IDS=") {
			t.Errorf("%q: %d %s", variables, status, text)
		}
		if asked.String() != "" {
			t.Errorf("%q: it asked %s", variables, asked)
		}
	}
}

func TestDlq_noStack(t *testing.T) {
	t.Parallel()
	c := setup(t)
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	for _, command := range []string{"dlq-ls", "dlq-replay", "dlq-discard"} {
		given := []string{"IDS=a", "REASON=x"}
		if status, text := c.play(t, command, given...); status != 1 || !oneLine(text, "make dev") {
			t.Errorf("%s: %d %s", command, status, text)
		}
		if status, text := c.play(t, command, append(given, "BASE_URL=http://127.0.0.1:1")...); status != 1 || !oneLine(text, "BASE_URL") {
			t.Errorf("%s: %d %s", command, status, text)
		}
		if status, text := c.play(t, command, append(given, "BASE_URL="+refusing.URL)...); status != 1 {
			t.Errorf("%s: %d %s", command, status, text)
		}
	}
}

// play runs a command with these variables on top.
func (c checkout) play(t *testing.T, command string, variables ...string) (status int, text string) {
	t.Helper()
	cmd, out := c.command(t, command)
	cmd.Env = append(append(cmd.Env, "MAX=", "IDS=", "ERROR_CODE=", "DRY_RUN=", "STATE=", "REASON="), variables...)
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String()
}
