package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const (
	patience = time.Minute          // bounds every wait
	poll     = 5 * time.Millisecond // between two looks at what other processes do
	root     = "../.."              // where dist and template.yaml are

	dueSoon = "OUTBOX_DUE=500ms" // for who waits until the outboxes are empty, which nothing can be before it was due
)

// program is the local stack as make builds it.
var program = filepath.Join(root, ".local", "bin", "localstack")

// shared is the stack of all tests that break nothing.
var shared struct {
	once  sync.Once
	stack *stack
	err   error
}

// turns lets one test at a time have a stack of its own: beside the shared one, two cores bear no more.
var turns = make(chan struct{}, 1)

func TestMain(m *testing.M) {
	status := checkDepartures(m.Run())
	if s := shared.stack; s != nil {
		if err := s.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "the shared stack:", err)
			status = 1
		}
		if status != 0 {
			fmt.Fprintln(os.Stderr, s.tail())
		}
		s.wipe()
	}
	os.Exit(status)
}

// calm answers the shared stack. Its other users are there at the same time.
func calm(t *testing.T) *stack {
	t.Helper()
	if s := given(); s != nil {
		return s
	}
	needBuilt(t)
	shared.once.Do(func() {
		port, err := freePort()
		if err != nil {
			shared.err = err
			return
		}
		shared.stack, shared.err = launch(port, "LOG_LEVEL=warn")
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.stack
}

// own starts a stack that the test may break. It must end cleanly all the same, and leave no process behind.
func own(t *testing.T, variables ...string) *stack {
	t.Helper()
	needOwn(t)
	needBuilt(t)
	turns <- struct{}{}
	t.Cleanup(func() { <-turns })
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	s, err := launch(port, append([]string{"LOG_LEVEL=warn"}, variables...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(s.tail())
		}
		s.wipe()
	})
	return s
}

// needBuilt skips at home and fails where everything has to be tested.
func needBuilt(t *testing.T) {
	t.Helper()
	for _, path := range []string{program, filepath.Join(root, "dist", "db-migrate"), filepath.Join(root, "dist", "orders-create")} {
		if _, err := os.Stat(path); err == nil {
			continue
		}
		message := fmt.Sprintf("%s is not built: run make test, which builds it first", path)
		if os.Getenv("CI") == "true" {
			t.Fatal(message)
		}
		t.Skip(message)
	}
}

// scaled is how much of something a test does: some in every run, and with TEST_SCALE=full as much as was promised.
func scaled[N any](some, full N) N {
	if os.Getenv("TEST_SCALE") == "full" {
		return full
	}
	return some
}

// until waits for what happens in other processes, which send no signal.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	if !happens(done) {
		t.Fatalf("%s: not within %s", what, patience)
	}
}

// happens says whether it is done before patience ends.
func happens(done func() bool) bool {
	for deadline := time.Now().Add(patience); !done(); time.Sleep(poll) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
