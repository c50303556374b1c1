package shared_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fileBytes is ten times the largest text of this repository: what is over it is a build.
const fileBytes = 1 << 20

// TestTracked: every clone carries for ever what was committed once.
func TestTracked(t *testing.T) {
	t.Parallel()
	git := exec.Command("git", "ls-files", "-z")
	git.Dir = ".."
	listed, err := git.Output()
	if err != nil {
		t.Skipf("no git, or no checkout of it: %v", err)
	}
	names := strings.FieldsFunc(string(listed), func(r rune) bool { return r == 0 })
	if !bytes.Contains(listed, []byte("shared/tracked_test.go\x00")) {
		t.Errorf("%d files, and this one is not among them", len(names))
	}
	for _, name := range names {
		info, err := os.Lstat(filepath.Join("..", name))
		if err == nil && info.Size() > fileBytes {
			t.Errorf("%s has %d bytes, more than %d: take it out with git rm --cached", name, info.Size(), fileBytes)
		}
	}
}
