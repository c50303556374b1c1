package sam

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"mercato/localstack/servers"
)

// Check finds out, before anything is started, whether SAM's command line can be had. An error is one line that names the fix.
func Check() error {
	if _, err := os.Stat(command); err != nil {
		return errors.New("no " + command + " here: run this in the top directory of the checkout")
	}
	if _, err := servers.Pip(); err != nil {
		return fmt.Errorf("SAM's command line needs Python: %w", err)
	}
	return nil
}

// Bring answers once SAM's command line is there. Installing it, the first time, takes a minute at most.
func Bring(ctx context.Context, say func(string, ...any)) error {
	began := time.Now()
	version, err := tool(ctx, "--version")
	if err == nil {
		say("%s (%s)", version, time.Since(began).Round(10*time.Millisecond))
	}
	return err
}

// toolEnvironment is ours but for what would lead SAM to an account at AWS.
func toolEnvironment() []string {
	environment := slices.DeleteFunc(os.Environ(), func(one string) bool { return strings.HasPrefix(one, "AWS_") })
	// The functions get these keys too, and the stack's endpoint knows no others.
	return append(environment, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_DEFAULT_REGION=us-east-1")
}

// tool runs SAM to its end and answers the last line of what it printed.
func tool(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", append([]string{command}, args...)...)
	cmd.Env = toolEnvironment()
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("sam %s: %w: %s", strings.Join(args[:1], " "), err, last(failed.String()+out.String()))
	}
	return last(out.String()), nil
}

func last(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
