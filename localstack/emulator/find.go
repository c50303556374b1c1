package emulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	requirements = "tools/localstack/requirements.txt"
	installer    = "tools/install.sh"
	// installWithin bounds a download of 100 MB and what pip makes of it: half a minute where nothing is slow.
	installWithin = 10 * time.Minute
)

// ErrAbsent is that this machine can have LocalStack neither in Docker nor as a Python program.
var ErrAbsent = errors.New("LocalStack needs Python 3.13 or newer with pip (pyenv install 3.13, apt-get install python3.13, brew install python@3.13), or a running Docker with its compose plugin")

// how is a way to run LocalStack.
type how struct {
	title       string // "in Docker"
	command     []string
	environment []string
	after       func() // removes what the process leaves
}

// find answers a way to run LocalStack, with everything that it needs brought.
func find(ctx context.Context, c Config) (how, error) {
	if c.Docker {
		if h, ok := inDocker(ctx, c); ok {
			return h, nil
		}
	}
	python := Python()
	if python == "" {
		return how{}, ErrAbsent
	}
	packages, err := install(ctx, c, python)
	if err != nil {
		return how{}, err
	}
	return how{
		title:       "by " + python,
		command:     []string{python, "-m", "localstack.runtime.main"},
		environment: environment(c, packages),
		after:       func() {},
	}, nil
}

// Python answers a Python that LocalStack runs on; empty when there is none. The pins are tried on 3.13 first of all.
func Python() string {
	candidates := []string{"python3.13", "python3.14", "python3"}
	if home, err := os.UserHomeDir(); err == nil {
		for _, minor := range []string{"3.13", "3.14"} {
			found, _ := filepath.Glob(filepath.Join(home, ".pyenv", "versions", minor+".*", "bin", "python3")) // the pattern is sound
			candidates = append(candidates, found...)
		}
	}
	const fits = "import sys, pip; sys.exit(sys.version_info < (3, 13)); "
	for _, name := range candidates {
		path, err := exec.LookPath(name)
		if err == nil && exec.Command(path, "-c", fits).Run() == nil { // pyenv's stand-ins are there without a Python behind
			return path
		}
	}
	return ""
}

// install answers the directory with LocalStack's packages, absolute.
func install(ctx context.Context, c Config, python string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, installWithin)
	defer cancel()
	c.Say("looking for LocalStack's packages (500 MB, brought by pip once, in about half a minute)")
	cmd := exec.CommandContext(ctx, "sh", installer, "localstack", python)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		return "", fmt.Errorf("LocalStack's packages cannot be brought by pip: %w: %s", err, lines[len(lines)-1])
	}
	return filepath.Abs(strings.TrimSpace(string(out)))
}

// environment is everything that LocalStack sees: it listens on 127.0.0.1 alone, looks for no Docker, calls nobody, and
// starts what this system uses.
func environment(c Config, packages string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8",
		"PYTHONPATH=" + packages, "HOME=" + c.State, "FILESYSTEM_ROOT=" + c.State, "TMPDIR=" + os.TempDir(),
		"GATEWAY_SERVER=hypercorn", // the default one listens on every address
		"GATEWAY_LISTEN=" + address(c.Port), "LOCALSTACK_HOST=" + address(c.Port),
		"OVERRIDE_IN_DOCKER=0", "DOCKER_HOST=unix:///nonexistent.sock", "DNS_ADDRESS=0",
		"DISABLE_EVENTS=1", "SKIP_SSL_CERT_DOWNLOAD=1", "AWS_EC2_METADATA_DISABLED=true",
		"SERVICES=sqs,s3,secretsmanager", "EAGER_SERVICE_LOADING=1",
		"SQS_ENDPOINT_STRATEGY=path", "S3_SKIP_SIGNATURE_VALIDATION=0",
	}
}
