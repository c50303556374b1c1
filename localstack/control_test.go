package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// functionStats is the answer of GET /_local/functions as the contract has it.
type functionStats struct {
	Name       string
	ColdStarts int `json:"cold_starts"`
	Processes  []struct {
		PID         int
		State       string
		Invocations int
	}
}

// request sends to the stack's port. A Host among the headers replaces the true one.
func request(t *testing.T, c checkout, method, path, body string, headers map[string]string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:"+c.port+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.Host = r.Header.Get("Host")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func functions(t *testing.T, c checkout) []functionStats {
	t.Helper()
	status, body := request(t, c, "GET", "/_local/functions", "", nil)
	var all []functionStats
	if err := json.Unmarshal([]byte(body), &all); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	return all
}

func TestControl(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.dev(t)
	t.Run("invoke", func(t *testing.T) { testInvoke(t, c) })
	t.Run("list", func(t *testing.T) {
		for _, f := range functions(t, c) {
			if f.Name == "db-migrate" && (f.ColdStarts != 1 || len(f.Processes) != 1 || f.Processes[0].Invocations != 1) {
				t.Errorf("%+v, want one invocation", f)
			}
		}
	})
	t.Run("strangers", func(t *testing.T) { testStrangers(t, c) })
	t.Run("throttled", func(t *testing.T) {
		done := make(chan int)
		go func() {
			status, _ := request(t, c, "POST", "/_local/functions/sleeping/invoke", "", nil)
			done <- status
		}()
		until(t, "the first one runs", func() bool { return busy(functions(t, c), "sleeping") })
		if status, body := request(t, c, "POST", "/_local/functions/sleeping/invoke", "", nil); status != 429 {
			t.Errorf("beyond the concurrency: %d %s", status, body)
		}
		if status := <-done; status != 504 {
			t.Errorf("beyond the deadline: %d", status)
		}
	})
}

func testInvoke(t *testing.T, c checkout) {
	t.Helper()
	for _, tc := range []struct {
		function, body string
		status         int
		want           string
	}{
		{"worker-of-nobody", "", 404, "ResourceNotFoundException"},
		{"db-migrate", "{", 400, "InvalidRequestContentException"},
		{"failing", "", 502, `{"errorMessage":"no luck","errorType":"errorString"}`},
		{"health-ready", "", 200, `"statusCode":200`},
	} {
		status, body := request(t, c, "POST", "/_local/functions/"+tc.function+"/invoke", tc.body, nil)
		if status != tc.status || !strings.Contains(body, tc.want) {
			t.Errorf("%s: %d %s, want %d %s", tc.function, status, body, tc.status, tc.want)
		}
	}
}

func testStrangers(t *testing.T, c checkout) {
	t.Helper()
	for _, host := range []string{"localhost:" + c.port, "127.0.0.1:" + c.port, "[::1]:" + c.port} {
		if status, body := request(t, c, "GET", "/_local/functions", "", map[string]string{"Host": host}); status != 200 {
			t.Errorf("Host %s: %d %s", host, status, body)
		}
	}
	for name, value := range map[string]string{
		"Host": "evil.example:" + c.port, "Origin": "http://localhost:" + c.port,
	} {
		if status, body := request(t, c, "GET", "/_local/functions", "", map[string]string{name: value}); status != 403 {
			t.Errorf("%s %s: %d %s", name, value, status, body)
		}
	}
	if status, _ := request(t, c, "GET", "/_local/functions", "", map[string]string{"Host": "localhost:1"}); status != 403 {
		t.Errorf("another port in Host: %d", status)
	}
}

func busy(all []functionStats, name string) bool {
	for _, f := range all {
		for _, p := range f.Processes {
			if f.Name == name && p.State == "busy" {
				return true
			}
		}
	}
	return false
}
