package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"mercato/localstack/runtime"
)

func TestFailure_costs_one_event(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		payload, kind string
		survives      bool
	}{
		"handler error": {payload: `{"Do":"error"}`, kind: "errorString", survives: true},
		"panic":         {payload: `{"Do":"panic"}`, kind: "string"},
		"exit":          {payload: `{"Do":"exit"}`, kind: "Runtime.ExitError"},
		"not JSON":      {payload: `{`, kind: "errorString", survives: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			before := b.must(`{}`).PID
			if kind := b.mustFail(c.payload); kind != c.kind {
				t.Errorf("failure %s, want %s", kind, c.kind)
			}
			if after := b.must(`{}`).PID; (after == before) != c.survives {
				t.Errorf("process %d before, %d after, want the same: %v", before, after, c.survives)
			}
		})
	}
}

func TestFailure_killed_in_the_middle(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	_, results := b.hold(1)
	if err := syscall.Kill(b.function().Processes[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var failure *runtime.FunctionError
	if err := <-results; !errors.As(err, &failure) || failure.Message != "Runtime exited with error: signal: killed" {
		t.Errorf("error %v", err)
	}
	b.must(`{}`)
}

func TestFailure_at_init(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*runtime.Config, *runtime.Function)
		kind   string
		colds  int
	}{
		"exits":     {func(_ *runtime.Config, f *runtime.Function) { f.Environment = []string{"INIT=exit"} }, "Runtime.ExitError", 1},
		"hangs":     {func(_ *runtime.Config, f *runtime.Function) { f.Environment = []string{"INIT=hang"} }, "Runtime.InitTimeout", 1},
		"no binary": {func(_ *runtime.Config, f *runtime.Function) { f.Command += "-missing" }, "Runtime.InvalidEntrypoint", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, c.change)
			if c.kind == "Runtime.InitTimeout" {
				b.SetInitLimit(100 * time.Millisecond)
			}
			for try := 1; try <= 2; try++ {
				if kind := b.mustFail(`{}`); kind != c.kind {
					t.Errorf("failure %s, want %s", kind, c.kind)
				}
				if got := b.function(); got.ColdStarts != c.colds*try || len(got.Processes) != 0 {
					t.Errorf("after event %d: %+v, want %d cold starts and no process", try, got, c.colds*try)
				}
			}
		})
	}
}

func TestFailure_deadline_kills_the_whole_group(t *testing.T) {
	t.Parallel()
	b := setup(t, func(_ *runtime.Config, f *runtime.Function) { f.Timeout, f.Concurrency = time.Second, 1 })
	pid, file := b.must(`{}`).PID, filepath.Join(b.dir, "child")
	if _, err := b.call(fmt.Sprintf(`{"Do":"family","File":%q}`, file)); !errors.Is(err, runtime.ErrTimeout) {
		t.Errorf("error %v, want ErrTimeout", err)
	}
	if alive(pid) {
		t.Errorf("process %d runs past its deadline", pid)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return !alive(child) })
	if next := b.must(`{}`).PID; next == pid {
		t.Error("the next event went to a dead process")
	}
}

// An answer stands even when the process then lingers past its deadline, which ends the process.
func TestFailure_lingers_after_the_answer(t *testing.T) {
	t.Parallel()
	b := setup(t, func(_ *runtime.Config, f *runtime.Function) {
		f.Environment, f.Timeout, f.Concurrency = []string{"INIT=linger"}, 300*time.Millisecond, 1
	})
	first := b.must(`{}`).PID
	if alive(first) {
		t.Errorf("process %d runs past its deadline", first)
	}
	if second := b.must(`{}`).PID; second == first {
		t.Error("the next event went to a process that asked for none")
	}
}

func TestFailure_foreign_callers(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.must(`{}`)
	for _, path := range []string{"/fn/guessed/2018-06-01/runtime/invocation/next", "/nobody/x/2018-06-01/runtime/invocation/next"} {
		response, err := http.Get("http://" + b.API() + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("GET %s: %s", path, response.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestIdle_processes_are_reaped(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *runtime.Config, _ *runtime.Function) { c.IdleTimeout = 20 * time.Millisecond })
	pid := b.must(`{}`).PID
	eventually(t, func() bool { return !alive(pid) && len(b.function().Processes) == 0 })
	b.must(`{}`)
}

func TestClose_lets_a_process_say_goodbye(t *testing.T) {
	t.Parallel()
	report := filepath.Join(t.TempDir(), "report")
	b := setup(t, func(_ *runtime.Config, f *runtime.Function) {
		f.Environment = []string{"INIT=report", "REPORT=" + report}
	})
	pid := b.must(`{}`).PID
	if err := b.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(report); string(text) != "terminated" {
		t.Errorf("report %q, %v: the process got no SIGTERM", text, err)
	}
	if alive(pid) {
		t.Errorf("process %d outlives its runtime", pid)
	}
	if _, err := b.call(`{}`); !errors.Is(err, runtime.ErrClosed) {
		t.Errorf("event after Close: %v, want ErrClosed", err)
	}
}

func TestClose_ends_what_ignores_it(t *testing.T) {
	t.Parallel()
	for name, ctx := range map[string]func() (context.Context, context.CancelFunc){
		"after the grace time": func() (context.Context, context.CancelFunc) { return context.WithCancel(context.Background()) },
		"when ctx ends": func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), time.Millisecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(_ *runtime.Config, f *runtime.Function) { f.Environment = []string{"INIT=ignore-sigterm"} })
			_, results := b.hold(1)
			pid := b.function().Processes[0].PID
			closing, cancel := ctx()
			defer cancel()
			if err := b.Close(closing); err != nil {
				t.Fatal(err)
			}
			var failure *runtime.FunctionError
			if err := <-results; !errors.As(err, &failure) {
				t.Errorf("event under way: %v, want a FunctionError", err)
			}
			if alive(pid) {
				t.Errorf("process %d outlives its runtime", pid)
			}
		})
	}
}
