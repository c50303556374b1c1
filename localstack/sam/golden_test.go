package sam_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write SAM's events anew")

// TestGolden holds the files by which the tests of the gateway compare our events with SAM's.
func TestGolden(t *testing.T) {
	t.Parallel()
	needSAM(t)
	requests, err := filepath.Glob("localstack/gateway/testdata/sam/*.http")
	if err != nil || len(requests) == 0 {
		t.Fatalf("%d requests, %v", len(requests), err)
	}
	api := echo(t)
	for _, path := range requests {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".http"), func(t *testing.T) {
			got := event(t, api, path)
			golden := strings.TrimSuffix(path, ".http") + ".json"
			if *update {
				if err := os.WriteFile(golden, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("SAM sends another event than %s says; -update writes it anew (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// event sends the request of a file, byte for byte, and answers the event that the function got.
func event(t *testing.T, api, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(text), "\n\n")
	method, _, _ := strings.Cut(head, " ")
	conn, err := net.DialTimeout("tcp", api, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n\r\n"+body); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content := []byte(response.Header.Get("X-Event"))
	if method != http.MethodHead {
		content, err = io.ReadAll(response.Body)
	}
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", response.StatusCode, content, err)
	}
	return masked(t, content)
}

// masked is an event, indented, without what differs from run to run.
func masked(t *testing.T, content []byte) []byte {
	t.Helper()
	var event map[string]any
	if err := json.Unmarshal(content, &event); err != nil {
		t.Fatalf("%v: %s", err, content)
	}
	request, _ := event["requestContext"].(map[string]any)
	headers, _ := event["headers"].(map[string]any)
	if request == nil || headers == nil {
		t.Fatalf("no event: %s", content)
	}
	for name, mask := range map[string]any{"requestId": "<id>", "time": "<time>", "timeEpoch": 0} {
		if request[name] == nil {
			t.Errorf("no %s in %s", name, content)
		}
		request[name] = mask
	}
	headers["X-Forwarded-Port"] = "3000" // the port of the requests' Host: SAM's own is another each time
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(event); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
