package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mercato/localstack/runtime"
)

func frozen(c *runtime.Config, _ *runtime.Function) { c.Freeze = true }

// ticking starts work in the background of a function and returns how far it has come.
func ticking(b *bundle) (pid int, progress func() int64) {
	b.Helper()
	file := filepath.Join(b.dir, "ticks")
	pid = b.must(fmt.Sprintf(`{"Do":"tick","File":%q}`, file)).PID
	return pid, func() int64 {
		info, err := os.Stat(file)
		if err != nil {
			return 0 // not begun
		}
		return info.Size()
	}
}

func stopped(t testing.TB, pid int) bool {
	t.Helper()
	out, err := exec.Command("ps", "-o", "stat=", "-p", fmt.Sprint(pid)).Output()
	return err == nil && strings.HasPrefix(strings.TrimSpace(string(out)), "T")
}

func TestFreeze_stops_the_background(t *testing.T) {
	t.Parallel()
	cold, warm := setup(t, frozen), setup(t, nil)
	pid, progress := ticking(cold)
	_, clock := ticking(warm)
	eventually(t, func() bool { return stopped(t, pid) })
	before, began := progress(), clock()
	eventually(t, func() bool { return clock() > began+100 })
	if now := progress(); now != before {
		t.Errorf("went on from %d to %d while frozen", before, now)
	}
	release, results := cold.hold(1)
	eventually(t, func() bool { return progress() > before })
	cold.write(release)
	if err := <-results; err != nil {
		t.Error(err)
	}
	if got := cold.must(`{"Do":"context"}`); got.PID != pid || got.Left <= patience/2 {
		t.Errorf("%+v, want process %d with all of its time", got, pid)
	}
	eventually(t, func() bool { return stopped(t, pid) })
}

// What ends a process reaches it in its freeze, and it may still say goodbye.
func TestFreeze_ends(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *bundle) error{
		"by Close":   func(b *bundle) error { return b.Close(context.Background()) },
		"by Replace": func(b *bundle) error { return b.Replace("fn", fn, false) },
		"when idle":  func(*bundle) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := filepath.Join(t.TempDir(), "report")
			b := setup(t, func(c *runtime.Config, f *runtime.Function) {
				c.Freeze = true
				f.Environment = []string{"INIT=report", "REPORT=" + report}
				if name == "when idle" {
					c.IdleTimeout = 20 * time.Millisecond
				}
			})
			pid := b.must(`{}`).PID
			if err := end(b); err != nil {
				t.Fatal(err)
			}
			eventually(t, func() bool { return !alive(pid) })
			if text, err := os.ReadFile(report); string(text) != "terminated" {
				t.Errorf("report %q, %v: the process heard no SIGTERM", text, err)
			}
		})
	}
}

func TestFreeze_failures(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *runtime.Config, f *runtime.Function) { c.Freeze, f.Timeout = true, time.Second })
	pid := b.must(`{}`).PID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(b.function().Processes) == 0 })
	pid = b.must(`{}`).PID
	file := filepath.Join(b.dir, "child")
	if _, err := b.call(fmt.Sprintf(`{"Do":"family","File":%q}`, file)); !errors.Is(err, runtime.ErrTimeout) {
		t.Errorf("error %v, want ErrTimeout", err)
	}
	if alive(pid) {
		t.Errorf("process %d runs past its deadline", pid)
	}
	b.must(`{}`)
	if kind := b.mustFail(`{"Do":"exit"}`); kind != "Runtime.ExitError" {
		t.Errorf("failure %s", kind)
	}
	b.must(`{}`)
}

func TestFreeze_one_by_one(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *runtime.Config, f *runtime.Function) { c.Freeze, f.Concurrency = true, 1 })
	for range 200 {
		b.must(`{}`)
	}
	if got := b.function().ColdStarts; got != 1 {
		t.Errorf("%d cold starts, want 1", got)
	}
}
