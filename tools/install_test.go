// Package tools_test holds the tests of the scripts that bring tools.
package tools_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// python plays one that installs only once two are at it.
const python = `#!/bin/sh
case "$*" in
"-m pip --version") exit 0 ;;
-c*) exec python3 "$@" ;;
esac
while [ "$1" != --target ]; do shift; done
touch "meet.$$"
n=0
until [ "$(ls meet.* | wc -l)" -ge 2 ] || [ "$n" -ge 600 ]; do
  sleep 0.05
  n=$((n + 1))
done
mkdir -p "$2"
echo whole >"$2/package"
`

// TestInstall_twice: of two cold starts at once both get the whole tool, and none leaves its own beside it.
func TestInstall_twice(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("install.sh")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for name, content := range map[string]string{"install.sh": string(script), "python": python, "tools/x/requirements.txt": "x==1\n"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o700); err != nil { //nolint:gosec // two are programs
			t.Fatal(err)
		}
	}
	ends := make(chan error, 2)
	for range cap(ends) {
		go func() {
			install := exec.Command("sh", "install.sh", "x", filepath.Join(root, "python"))
			install.Dir = root
			ends <- install.Run()
		}()
	}
	for range cap(ends) {
		if err := <-ends; err != nil {
			t.Error(err)
		}
	}
	made, err := filepath.Glob(filepath.Join(root, ".local", "tools", "*"))
	if err != nil || len(made) != 1 {
		t.Fatalf("%v: %v, want one directory", made, err)
	}
	held, err := filepath.Glob(filepath.Join(made[0], "*"))
	if err != nil || len(held) != 1 || filepath.Base(held[0]) != "package" {
		t.Errorf("%v: %v, want the package alone", held, err)
	}
}
