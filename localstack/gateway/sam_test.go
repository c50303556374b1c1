package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/gateway"
	"mercato/localstack/template"
)

// TestEvent_asSAM compares our events with those that SAM made of the same requests, behind the same routes. make test-sam
// finds out whether SAM still makes them.
func TestEvent_asSAM(t *testing.T) {
	t.Parallel()
	requests, err := filepath.Glob("testdata/sam/*.http")
	if err != nil || len(requests) == 0 {
		t.Fatalf("%d requests, %v", len(requests), err)
	}
	for _, path := range requests {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".http"), func(t *testing.T) {
			t.Parallel()
			if diff := compare(t, path, departures); diff != "" {
				t.Errorf("(-SAM +ours):\n%s", diff)
			}
		})
	}
}

// TestEvent_departures: a departure that explains no difference any more has to leave the list.
func TestEvent_departures(t *testing.T) {
	t.Parallel()
	requests, err := filepath.Glob("testdata/sam/*.http")
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range departures {
		needed := false
		for _, path := range requests {
			needed = needed || compare(t, path, without(i)) != ""
		}
		if !needed {
			t.Errorf("no event shows it: %s", one.what)
		}
	}
}

// compare answers what is left of the difference after the departures.
func compare(t *testing.T, path string, departures []departure) string {
	t.Helper()
	content, err := os.ReadFile(strings.TrimSuffix(path, ".http") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	sam, ours := decode(t, content), decode(t, ourEvent(t, path))
	for _, one := range departures {
		one.settle(sam, ours)
	}
	return cmp.Diff(sam, ours)
}

func decode(t *testing.T, content []byte) (event payload) {
	t.Helper()
	if err := json.Unmarshal(content, &event); err != nil {
		t.Fatalf("%v: %s", err, content)
	}
	return event
}

// ourEvent is what our gateway makes of the request in a file, with the routes that SAM had.
func ourEvent(t *testing.T, path string) (event []byte) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(text), "\n\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body)))
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "127.0.0.1:49152" // as SAM saw the client
	served, err := template.Load("../sam/testdata/echo/template.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	var routes []gateway.Route
	for _, function := range served.Functions {
		for _, route := range function.Routes {
			routes = append(routes, gateway.Route{Method: route.Method, Path: route.Path, Function: function.Name})
		}
	}
	serve(gateway.New(routes, lambda(func(_ context.Context, _ string, payload []byte) ([]byte, error) {
		event = payload
		return []byte(`{}`), nil
	})), r)
	if event == nil {
		t.Fatal("no function was invoked")
	}
	return event
}
