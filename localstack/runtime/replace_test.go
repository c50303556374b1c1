package runtime_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"mercato/localstack/runtime"
)

// second is the function's binary under another name.
func second(b *bundle) string {
	b.Helper()
	path := filepath.Join(b.dir, "second")
	if err := os.Link(fn, path); err != nil { // a copy that is still open somewhere could not be run
		b.Fatal(err)
	}
	return path
}

func TestReplace_idle(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	path, old := second(b), b.must(`{}`).PID
	if err := b.Replace("fn", path, false); err != nil {
		t.Fatal(err)
	}
	if got := b.must(`{"Do":"executable"}`); got.Text != path {
		t.Errorf("%s runs, want %s", got.Text, path)
	}
	eventually(t, func() bool { return !alive(old) })
	if err := b.Replace("nobody", path, false); !errors.Is(err, runtime.ErrUnknown) {
		t.Errorf("error %v, want ErrUnknown", err)
	}
}

func TestReplace_busy(t *testing.T) {
	t.Parallel()
	b := setup(t, func(_ *runtime.Config, f *runtime.Function) { f.Concurrency = 1 })
	path := second(b)
	release, results := b.hold(1)
	old := b.function().Processes[0].PID
	if err := b.Replace("fn", path, false); err != nil {
		t.Fatal(err)
	}
	if got := b.must(`{"Do":"executable"}`); got.Text != path {
		t.Errorf("%s runs beside the old one, want %s", got.Text, path)
	}
	if !alive(old) {
		t.Error("the old one was ended before its event")
	}
	b.write(release)
	if err := <-results; err != nil {
		t.Errorf("event under way: %v", err)
	}
	eventually(t, func() bool { return !alive(old) })
}

func TestReplace_interrupts(t *testing.T) {
	t.Parallel()
	b := setup(t, func(_ *runtime.Config, f *runtime.Function) { f.Concurrency = 1 })
	path := second(b)
	_, results := b.hold(1)
	if err := b.Replace("fn", path, true); err != nil {
		t.Fatal(err)
	}
	if got := b.must(`{"Do":"executable"}`); got.Text != path {
		t.Errorf("%s runs, want %s", got.Text, path)
	}
	if err := <-results; !errors.Is(err, runtime.ErrReplaced) {
		t.Errorf("event under way: %v, want ErrReplaced", err)
	}
	if text := b.log.String(); text != "" {
		t.Errorf("log %q: what was asked for is no news", text)
	}
}

// Whatever a process is doing when its binary is replaced, no event pays for it.
func TestReplace_loses_nothing(t *testing.T) {
	t.Parallel()
	for name, freeze := range map[string]bool{"free": false, "frozen": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *runtime.Config, _ *runtime.Function) { c.Freeze = freeze })
			paths := []string{second(b), fn}
			ctx, cancel := context.WithCancel(context.Background())
			var clients sync.WaitGroup
			for range 3 {
				clients.Go(func() {
					for ctx.Err() == nil {
						if _, err := b.call(`{}`); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			for round := range 30 {
				if err := b.Replace("fn", paths[round%2], false); err != nil {
					t.Error(err)
				}
				for range 5 {
					b.must(`{}`)
				}
			}
			cancel()
			clients.Wait()
			if got := b.must(`{"Do":"executable"}`).Text; got != fn {
				t.Errorf("%s runs, want %s", got, fn)
			}
		})
	}
}
