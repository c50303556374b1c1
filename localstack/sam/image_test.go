package sam_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/sam"
)

// busybox makes a program of this name, static or not, the only one on PATH.
func busybox(t *testing.T, static bool) {
	t.Helper()
	directory := t.TempDir()
	path := filepath.Join(directory, "busybox")
	if static {
		build := exec.Command("go", "build", "-o", path, "./localstack/sam/testdata/echo")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	} else {
		shell, err := os.ReadFile("/bin/sh") // every system links it with its C library
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, shell, 0o700); err != nil { //nolint:gosec // it is a program
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", directory)
}

func TestRootFileSystem(t *testing.T) { //nolint:paralleltest // it changes PATH
	busybox(t, true)
	content, err := sam.RootFileSystem()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for archive := tar.NewReader(content); ; {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got[entry.Name] = strings.TrimSpace(entry.FileInfo().Mode().String() + " " + entry.Linkname)
	}
	want := map[string]string{
		"bin/": "drwxr-xr-x", "tmp/": "dtrwxrwxrwx", "var/rapid/": "drwxr-xr-x", "var/task/": "drwxr-xr-x", "bin/busybox": "-rwxr-xr-x",
		"bin/sh": "Lrwxrwxrwx busybox", "bin/mv": "Lrwxrwxrwx busybox", "bin/chmod": "Lrwxrwxrwx busybox",
	}
	for name, mode := range got {
		if strings.HasPrefix(mode, "L") {
			got[name] = strings.Replace(mode, "L---------", "Lrwxrwxrwx", 1)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRootFileSystem_refused: a busybox that needs libraries would start in no container.
func TestRootFileSystem_refused(t *testing.T) { //nolint:paralleltest // it changes PATH
	busybox(t, false)
	for _, path := range []string{os.Getenv("PATH"), t.TempDir()} {
		t.Setenv("PATH", path)
		if _, err := sam.RootFileSystem(); err == nil || !strings.Contains(err.Error(), "apt-get install busybox-static") {
			t.Errorf("%v, want the fix", err)
		}
	}
}

// TestChoose: AWS's image comes first, but not ours under its name.
func TestChoose(t *testing.T) {
	t.Parallel()
	const aws = "a.registry/lambda/provided:al2023-"
	own, other := "mercato-lambda:"+sam.Architecture(), "arm64"
	if sam.Architecture() == other {
		other = "x86_64"
	}
	for name, tc := range map[string]struct {
		listed, want string
		made         bool
	}{
		"nothing":             {"", own, false},
		"ours":                {own + " 1", own, true},
		"AWS's":               {own + " 1\n" + aws + sam.Architecture() + " 2", aws + sam.Architecture(), true},
		"ours by both names":  {aws + sam.Architecture() + " 1\n" + own + " 1", own, true},
		"an older one's name": {aws + sam.Architecture() + " 1\nmercato-lambda:older 1", own, false},
		"another machine's":   {aws + other + " 2", own, false},
	} {
		if got, made := sam.Choose(tc.listed); got != tc.want || made != tc.made {
			t.Errorf("%s: %s, %t", name, got, made)
		}
	}
}
