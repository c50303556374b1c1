package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mercato/localstack/runtime"
)

// The built test programs.
var fn, stack, portableStack string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "runtime-test")
	if err != nil {
		log.Fatal(err)
	}
	fn, stack, portableStack = filepath.Join(dir, "fn"), filepath.Join(dir, "stack"), filepath.Join(dir, "portable")
	build("-o", fn, "./testdata/fn")
	build("-o", stack, "./testdata/stack")
	build("-o", portableStack, "-tags", "noparentdeath", "./testdata/stack")
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func build(args ...string) {
	if out, err := exec.Command("go", append([]string{"build"}, args...)...).CombinedOutput(); err != nil {
		log.Fatalf("go build %v: %v\n%s", args, err, out)
	}
}

// patience is how long a test waits for what must happen; nothing is measured against it.
const patience = 20 * time.Second

type bundle struct {
	*testing.T
	*runtime.Runtime
	log *lockedBuffer
	dir string
}

// setup starts a runtime with one function, named fn, that the given change may alter.
func setup(t *testing.T, change func(*runtime.Config, *runtime.Function)) *bundle {
	t.Helper()
	b := &bundle{T: t, log: &lockedBuffer{}, dir: t.TempDir()}
	f := runtime.Function{Name: "fn", Command: fn, Timeout: patience}
	cfg := runtime.Config{Log: b.log}
	if change != nil {
		change(&cfg, &f)
	}
	cfg.Functions = append(cfg.Functions, f)
	var err error
	if b.Runtime, err = runtime.Start(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", b.log)
		}
	})
	return b
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

type answer struct {
	PID          int
	Request, ARN string
	Left         time.Duration
	Variables    []string
	Text         string
}

func (b *bundle) call(payload string) (answer, error) {
	out, err := b.Invoke(context.Background(), "fn", []byte(payload))
	if err != nil {
		return answer{}, err
	}
	var a answer
	return a, json.Unmarshal(out, &a)
}

func (b *bundle) must(payload string) answer {
	b.Helper()
	a, err := b.call(payload)
	if err != nil {
		b.Fatalf("%s: %v", payload, err)
	}
	return a
}

// mustFail returns the kind of the FunctionError that the event ends with.
func (b *bundle) mustFail(payload string) string {
	b.Helper()
	a, err := b.call(payload)
	var failure *runtime.FunctionError
	if !errors.As(err, &failure) {
		b.Fatalf("%s: %+v, error %v, want a FunctionError", payload, a, err)
	}
	return failure.Type
}

func (b *bundle) function() runtime.FunctionStats { return b.Stats()[0] }

// hold starts count events that wait for the file of the returned name, and returns when each is on
// a process. Results come on the channel.
func (b *bundle) hold(count int) (string, chan error) {
	b.Helper()
	file := filepath.Join(b.dir, "release")
	results := make(chan error, count)
	for range count {
		go func() {
			_, err := b.call(fmt.Sprintf(`{"Do":"wait","File":%q}`, file))
			results <- err
		}()
	}
	eventually(b, func() bool {
		started, err := filepath.Glob(file + ".*")
		return err == nil && len(started) == count
	})
	return file, results
}

func (b *bundle) write(path string) {
	b.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		b.Fatal(err)
	}
}

func eventually(t testing.TB, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if happened() {
			return
		}
	}
	t.Fatal("did not happen")
}

func alive(pid int) bool {
	// A process that has ended but that nobody has waited for yet (an orphan's new parent may take
	// its time) still answers signals: its state tells.
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil {
		return !bytes.Contains(state, []byte(") Z "))
	}
	return syscall.Kill(pid, 0) == nil
}
