package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hot turns a checkout into one that can be built: of one function, which says a text.
func (c checkout) hot(t *testing.T, function string) (source string) {
	t.Helper()
	source = filepath.Join(c.directory, "functions", function, "main.go")
	if err := os.MkdirAll(filepath.Dir(source), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(c.directory, "go.mod"), "module little\n\ngo 1.26.0\n")
	write(t, filepath.Join(c.directory, "Makefile"), "build:\n\t@CGO_ENABLED=0 go build -o dist/ ./functions/...\n")
	program, err := os.ReadFile("testdata/hot.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	write(t, source, string(program))
	return source
}

func TestDev_hotRebuild(t *testing.T) {
	t.Parallel()
	c := setup(t)
	source := c.hot(t, "environment")
	_, out, _ := c.dev(t)
	answers := func(want string) func() bool {
		return func() bool {
			status, body := request(t, c, "POST", "/_local/functions/environment/invoke", "", nil)
			if status != 200 {
				t.Errorf("%d %s", status, body)
			}
			return strings.Contains(body, want)
		}
	}
	if !answers("PATH")() {
		t.Error("what was built before the start does not run")
	}
	edit(t, source, "the text", "morning")
	until(t, "the new text is answered", answers(`"morning"`))
	edit(t, source, `"morning"`, "morning")
	until(t, "the compiler's line is printed", func() bool {
		return strings.Contains(out.String(), "build | functions/environment/main.go:14:")
	})
	if !answers(`"morning"`)() {
		t.Error("a build that failed took the function away")
	}
	edit(t, source, "(morning)", `("evening")`)
	until(t, "the new text is answered", answers(`"evening"`))
	if kept, err := os.ReadDir(filepath.Join(c.home, "functions-running")); err != nil || len(kept) == 0 {
		t.Errorf("running: %v, %v", kept, err)
	}
	edit(t, filepath.Join(c.directory, "template.yaml"), "MemorySize: 128", "MemorySize: 256")
	until(t, "it says so", func() bool {
		return strings.Contains(out.String(), "template.yaml has changed: it is read again at the next start")
	})
}

// A worker is on its old binary for as long as it runs: it is ended, and its schedule's event goes to the new one.
func TestDev_hotRebuild_worker(t *testing.T) {
	t.Parallel()
	c := setup(t)
	source := c.hot(t, "worker")
	edit(t, filepath.Join(c.directory, "template.yaml"), "        Minute: {", "        Again: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}\n        Minute: {")
	_, out, _ := c.dev(t)
	until(t, "two runs of the worker overlap", func() bool { return runs(functions(t, c), "worker") == 2 })
	for _, step := range [][2]string{{"the text", "morning"}, {"morning", "evening"}} {
		edit(t, source, step[0], step[1])
		until(t, "the new one has the event", func() bool { return strings.Contains(out.String(), "worker | "+step[1]) })
	}
	if text := out.String(); strings.Count(text, "worker | morning") != 1 {
		t.Errorf("both runs began anew, and the schedule's next finds no room:\n%s", text)
	}
	if text := out.String(); strings.Contains(text, "invoked by its schedule") || strings.Contains(text, "worker | event") {
		t.Errorf("a replacement is reported as a failure:\n%s", text)
	}
}

func TestDev_hotRebuild_migrations(t *testing.T) {
	t.Parallel()
	c := setup(t)
	source := c.hot(t, "db-migrate")
	_, out, _ := c.dev(t)
	edit(t, source, "the text", "a new migration")
	until(t, "it is applied", func() bool { return strings.Contains(out.String(), "db-migrate | a new migration") })
}

func TestDev_stop(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.hot(t, "environment")
	cmd, _, _ := c.dev(t, "FREEZE=on")
	if status, body := request(t, c, "GET", "/health/ready", "", nil); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(c.home, "functions-running")); !os.IsNotExist(err) {
		t.Errorf("the binaries are left: %v", err)
	}
}

func TestDev_switches(t *testing.T) {
	t.Parallel()
	c := setup(t)
	source := c.hot(t, "environment")
	for _, name := range []string{"FREEZE", "HOT_REBUILD"} {
		cmd, out := c.command(t, "dev")
		cmd.Env = append(cmd.Env, name+"=yes")
		if err := cmd.Run(); err == nil || !oneLine(out.String(), name+"=yes is neither on nor off") {
			t.Errorf("%v: %s", err, out)
		}
	}
	c.dev(t, "HOT_REBUILD=off")
	edit(t, source, "the text", "morning")
	if _, err := os.Stat(filepath.Join(c.home, "functions-running")); !os.IsNotExist(err) {
		t.Errorf("binaries are kept: %v", err)
	}
}

// runs counts the processes of a function.
func runs(all []functionStats, name string) (count int) {
	for _, f := range all {
		if f.Name == name {
			count = len(f.Processes)
		}
	}
	return count
}

func edit(t *testing.T, path, from, to string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(content), from) {
		t.Fatalf("%s: %v, want %q in it", path, err, from)
	}
	write(t, path, strings.Replace(string(content), from, to, 1))
}
