package rebuild_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"mercato/localstack/rebuild"
)

func TestRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if got := b.must("greet") + b.must("count"); got != "hello world1 2 3" {
		t.Fatalf("before: %s", got)
	}
	other := b.Stats()[0].Processes[0].PID
	for _, step := range []struct {
		change func()
		built  string
		answer string
	}{
		{func() { b.edit(`"hello"`, `"good morning"`, "shared", "greeting", "greeting.go") }, "greet", "good morning world"},
		{func() { b.save(" moon", "shared", "greeting", "texts", "1.sql") }, "greet", "good morning moon"},
		{func() { b.save(" and stars", "shared", "greeting", "texts", "2.sql") }, "greet", "good morning moon and stars"},
		{func() { b.save("package greeting\n\nfunc init() {}\n", "shared", "greeting", "more.go") }, "greet", "good morning moon and stars"},
		{func() { b.edit("@echo", "@ echo", "Makefile") }, "", "good morning moon and stars"},
		{func() { b.edit("-o", "-ldflags -s -o", "Makefile") }, "count greet", "good morning moon and stars"},
		{func() { b.edit("1.26.0", "1.26.1", "go.mod") }, "count greet", "good morning moon and stars"}, // it is in every binary
	} {
		if step.built == "count greet" && other != 0 {
			if now := b.Stats()[0].Processes; len(now) != 1 || now[0].PID != other {
				t.Errorf("a function that depends on nothing of it was replaced: %+v, before %d", now, other)
			}
			other = 0
		}
		step.change()
		if built := b.rebuilt(); built != step.built {
			t.Errorf("%q is new, want %q", built, step.built)
		}
		if got := b.must("greet"); got != step.answer {
			t.Errorf("%q, want %q", got, step.answer)
		}
	}
	b.says("shared/greeting/greeting.go has changed: building")
}

func TestRun_compileError(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.edit(`"hello"`, `hello`, "shared", "greeting", "greeting.go")
	b.says("build | shared/greeting/greeting.go:10:14: undefined: hello\n")
	b.says("what was built before goes on")
	if text := b.log.String(); strings.Contains(text, "make:") || strings.Contains(text, "make[") {
		t.Errorf("make's own lines are in the log: %s", text)
	}
	if got := b.must("greet"); got != "hello world" {
		t.Errorf("%q", got)
	}
	b.edit(`= hello`, `= "hi"`, "shared", "greeting", "greeting.go")
	if built := b.rebuilt(); built != "greet" {
		t.Errorf("%q is new", built)
	}
	if got := b.must("greet"); got != "hi world" {
		t.Errorf("%q", got)
	}
}

func TestRun_fixedFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save("Resources: {More: {}}", "template.yaml")
	b.says("template.yaml has changed: it is read again at the next start\n")
	if text := b.log.String(); strings.Contains(text, "building") {
		t.Errorf("it was built: %s", text)
	}
}

// A request that is under way ends on the old binary, and none of those that come meanwhile fails.
func TestRun_losesNoRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := b.path("release")
	held := make(chan string)
	go func() {
		text, err := b.call("greet", fmt.Sprintf(`{"File":%q}`, file))
		held <- fmt.Sprint(text, err)
	}()
	var clients sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		clients.Go(func() { b.hammer(done) })
	}
	b.waitFor(file + ".begun")
	b.edit(`"hello"`, `"good morning"`, "shared", "greeting", "greeting.go")
	b.rebuilt()
	if got := b.must("greet"); got != "good morning world" {
		t.Errorf("after the build: %q", got)
	}
	b.save("", "release")
	if got := <-held; got != "hello world<nil>" {
		t.Errorf("the request under way: %s", got)
	}
	close(done)
	clients.Wait()
}

// hammer calls without a pause; answers are the old one until they are the new one.
func (b *bundle) hammer(done chan struct{}) {
	last := "hello world"
	for {
		select {
		case <-done:
			return
		default:
		}
		text, err := b.call("greet", "{}")
		if err != nil || text != last && last != "hello world" {
			b.Errorf("%q after %q, %v", text, last, err)
			return
		}
		last = text
	}
}

func (b *bundle) waitFor(path string) {
	b.Helper()
	for range int(patience.Milliseconds()) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		_ = exec.Command("sleep", "0.001").Run()
	}
	b.Fatalf("%s did not come", filepath.Base(path))
}

func TestRun_interrupted(t *testing.T) {
	t.Parallel()
	b := &bundle{T: t, directory: tiny(t), log: &lockedBuffer{}}
	cfg := b.config()
	cfg.Command = []string{"sh", "-c", "echo begun >begun; sleep 600; exit 3"}
	watcher, err := rebuild.Watch(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		watcher.Run(ctx)
	}()
	b.edit(`"hello"`, `"good morning"`, "shared", "greeting", "greeting.go")
	b.waitFor(b.path("begun"))
	cancel()
	<-ended
	if text := b.log.String(); strings.Contains(text, "goes on") {
		t.Errorf("a build that nobody wants any more is reported: %s", text)
	}
}

func TestWatch_refuses(t *testing.T) {
	t.Parallel()
	_, err := rebuild.Watch(t.Context(), rebuild.Config{Directory: t.TempDir(), Packages: "./functions/..."})
	if err == nil || !strings.Contains(err.Error(), "no package of this module matches ./functions/...") {
		t.Errorf("error %v", err)
	}
}
