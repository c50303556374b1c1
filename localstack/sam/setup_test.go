package sam_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"mercato/localstack/sam"
)

const patience = time.Minute // bounds every wait; SAM's first container takes a few seconds

// TestMain works in the top directory, as the program does.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// needSAM skips what takes Docker and SAM, unless make test-sam runs it.
func needSAM(t *testing.T) {
	t.Helper()
	if os.Getenv("TEST_SAM") != "on" {
		t.Skip("it needs Docker and SAM: make test-sam")
	}
}

// echo starts the function that answers its event, and answers the address of its API.
func echo(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	source := "localstack/sam/testdata/echo"
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(directory, "code", "bootstrap"), "./"+source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	template, err := os.ReadFile(filepath.Join(source, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "template.yaml"), template, 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, sam.Config{
		Template: filepath.Join(directory, "template.yaml"), State: filepath.Join(directory, "state"),
		Functions: map[string]map[string]string{"Echo": {}},
	})
}

// start runs an API until the test ends, and answers its address once it listens.
func start(t *testing.T, cfg sam.Config) string {
	t.Helper()
	port := freePort(t)
	cfg.Port, cfg.Say = port, t.Logf
	cfg.Log = func(string) {}
	ended := make(chan error, 1)
	cfg.Ended = func(err error) { ended <- err }
	docker, err := sam.Connect(t.Context(), cfg.State, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := docker.Close(); err != nil {
			t.Error(err)
		}
	})
	api, err := docker.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := api.Close(); err != nil {
			t.Error(err)
		}
	})
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal(listener.Addr())
	}
	return address.Port
}
