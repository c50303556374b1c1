package shared_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCI: what CI leaves out is counted, and is a failure where it need not be.
func TestCI(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	const all = "test-localstack: 9 passed, 2 skipped, 0 failed"
	for name, tc := range map[string]struct {
		user, sam, want string
		fails           bool
	}{
		"all":            {"0", "echo test-sam: 7 passed, 1 skipped, 0 failed in 5 s", "ci: 3 tests skipped; suites that could not run: 0", false},
		"no Docker":      {"1000", "echo SKIPPED: test-sam; echo test-sam: 1 passed, 1 skipped, 0 failed", "ci: 3 tests skipped; suites that could not run: 1", false},
		"no root's":      {"0", "echo SKIPPED: test-sam; echo test-sam: 1 passed, 1 skipped, 0 failed", "although root can have Docker", true},
		"SAM has failed": {"0", "exit 1", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for file, content := range map[string]string{
				".ci/run": string(script), "bin/id": "#!/bin/sh\necho " + tc.user + "\n",
				"bin/make": "#!/bin/sh\ncase $1 in test-sam) " + tc.sam + " ;; test-localstack) echo " + all + " ;; esac\n",
			} {
				path := filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(content), 0o700); err != nil { //nolint:gosec // they are programs
					t.Fatal(err)
				}
			}
			for _, there := range []string{"git", "cc", "python3", "docker", "go"} { // so that nothing is installed
				if err := os.WriteFile(filepath.Join(root, "bin", there), []byte("#!/bin/sh\n"), 0o700); err != nil { //nolint:gosec // it is a program
					t.Fatal(err)
				}
			}
			run := exec.Command("bash", filepath.Join(root, ".ci", "run"))
			run.Env = append(os.Environ(), "PATH="+filepath.Join(root, "bin")+":"+os.Getenv("PATH"))
			out, err := run.CombinedOutput()
			if (err != nil) != tc.fails || !strings.Contains(string(out), tc.want) {
				t.Errorf("%v, want %q:\n%s", err, tc.want, out)
			}
		})
	}
}
