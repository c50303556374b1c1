package rebuild_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mercato/localstack/rebuild"
)

// put writes a file as a build does: as a new one.
func put(t *testing.T, directory, name, content string) {
	t.Helper()
	path := filepath.Join(directory, name)
	_ = os.Remove(path)
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(content)
}

func TestBinaries(t *testing.T) {
	t.Parallel()
	for name, elsewhere := range map[string]bool{"linked": false, "copied to another file system": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			built, kept := t.TempDir(), filepath.Join(t.TempDir(), "running")
			if elsewhere {
				memory, err := os.MkdirTemp("/dev/shm", "kept-") //nolint:usetesting // it must not be where t.TempDir is
				if err != nil {
					t.Skip("no other file system here")
				}
				t.Cleanup(func() { _ = os.RemoveAll(memory) })
				kept = filepath.Join(memory, "running")
			}
			testBinaries(t, built, kept)
		})
	}
}

func testBinaries(t *testing.T, built, kept string) {
	t.Helper()
	put(t, built, "a", "a1")
	put(t, built, "b", strings.Repeat("b", 3<<20))
	if err := os.MkdirAll(filepath.Join(kept, "1", "left by another"), 0o700); err != nil {
		t.Fatal(err)
	}
	b, err := rebuild.Keep(built, kept, []string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	first := b.Path("a")
	put(t, built, "a", "a2")
	put(t, built, "b", strings.Repeat("b", 3<<20)) // the same again
	if read(t, first) != "a1" {
		t.Error("a build changed what runs")
	}
	if changed, err := b.Refresh(); err != nil || !slices.Equal(changed, []string{"a"}) {
		t.Errorf("changed %v, %v", changed, err)
	}
	if read(t, b.Path("a")) != "a2" || read(t, first) != "a1" {
		t.Error("both must be there: a process may be about to start with the one before")
	}
	put(t, built, "a", "a3")
	put(t, built, "b", strings.Repeat("b", 3<<20-1)+"c")
	if changed, err := b.Refresh(); err != nil || !slices.Equal(changed, []string{"a", "b"}) {
		t.Errorf("changed %v, %v", changed, err)
	}
	if _, err := os.Stat(first); !os.IsNotExist(err) {
		t.Errorf("the one before the last is left: %v", err)
	}
	if err := os.Remove(filepath.Join(built, "b")); err != nil {
		t.Fatal(err)
	}
	put(t, built, "a", "a4")
	if changed, err := b.Refresh(); err == nil || !slices.Equal(changed, []string{"a"}) || read(t, b.Path("b")) == "" {
		t.Errorf("without one binary: %v, %v", changed, err)
	}
	if err := b.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(kept); !os.IsNotExist(err) {
		t.Errorf("left: %v", err)
	}
	if _, err := rebuild.Keep(built, kept, []string{"a", "missing"}); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("without a binary: %v", err)
	}
}
