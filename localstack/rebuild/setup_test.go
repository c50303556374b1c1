package rebuild_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mercato/localstack/rebuild"
	"mercato/localstack/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests: a build may take long where much else runs.
const patience = 2 * time.Minute

// functions are those of the tiny system.
var functions = []string{"count", "greet"}

// bundle is a tiny system that runs and is rebuilt, as a stack does it.
type bundle struct {
	*testing.T
	*runtime.Runtime
	directory string
	binaries  *rebuild.Binaries
	log       *lockedBuffer
	builds    chan []string // what each build has changed
}

// tiny copies the system, to be edited.
func tiny(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	if err := os.CopyFS(directory, os.DirFS("testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	return directory
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{T: t, directory: tiny(t), log: &lockedBuffer{}, builds: make(chan []string, 100)}
	build := exec.Command("make", "build")
	build.Dir = b.directory
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	watcher, err := rebuild.Watch(t.Context(), b.config())
	if err != nil {
		t.Fatal(err)
	}
	if b.binaries, err = rebuild.Keep(b.path("dist"), b.path("running"), functions); err != nil {
		t.Fatal(err)
	}
	cfg := runtime.Config{Log: b.log}
	for _, name := range functions {
		cfg.Functions = append(cfg.Functions, runtime.Function{Name: name, Command: b.binaries.Path(name), Timeout: patience})
	}
	if b.Runtime, err = runtime.Start(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { watcher.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		watching.Wait()
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", b.log)
		}
	})
	return b
}

func (b *bundle) config() rebuild.Config {
	return rebuild.Config{
		Directory: b.directory, Packages: "./functions/...", Files: []string{"Makefile"}, Fixed: []string{"template.yaml"},
		Command: []string{"make", "build"}, Log: b.log,
		Say:   func(format string, a ...any) { fmt.Fprintf(b.log, format+"\n", a...) },
		Built: b.built,
	}
}

func (b *bundle) built(context.Context, time.Duration) {
	changed, err := b.binaries.Refresh()
	if err != nil {
		b.Error(err)
	}
	for _, name := range changed {
		if err := b.Replace(name, b.binaries.Path(name), false); err != nil {
			b.Error(err)
		}
	}
	b.builds <- changed
}

func (b *bundle) path(parts ...string) string {
	return filepath.Join(b.directory, filepath.Join(parts...))
}

func (b *bundle) save(content string, parts ...string) {
	b.Helper()
	if err := os.WriteFile(b.path(parts...), []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
}

// edit replaces a part of a file.
func (b *bundle) edit(from, to string, parts ...string) {
	b.Helper()
	content, err := os.ReadFile(b.path(parts...))
	if err != nil {
		b.Fatal(err)
	}
	if !strings.Contains(string(content), from) {
		b.Fatalf("%v does not have %q", parts, from)
	}
	b.save(strings.Replace(string(content), from, to, 1), parts...)
}

// rebuilt waits for a build and returns what it has changed.
func (b *bundle) rebuilt() string {
	b.Helper()
	select {
	case changed := <-b.builds:
		return strings.Join(changed, " ")
	case <-time.After(patience):
		b.Fatal("nothing was built")
		return ""
	}
}

func (b *bundle) says(text string) {
	b.Helper()
	for end := time.Now().Add(patience); !strings.Contains(b.log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("it did not say %q", text)
		}
	}
}

func (b *bundle) call(function, payload string) (string, error) {
	out, err := b.Invoke(context.Background(), function, []byte(payload))
	if err != nil {
		return "", err
	}
	var text string
	return text, json.Unmarshal(out, &text)
}

func (b *bundle) must(function string) string {
	b.Helper()
	text, err := b.call(function, "{}")
	if err != nil {
		b.Fatal(err)
	}
	return text
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
