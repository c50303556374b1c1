package rebuild

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// killAfter is what a build may take to end when nobody wants it any more.
const killAfter = 2 * time.Second

// build runs the command and, when it fails, logs what it complained of.
func build(ctx context.Context, cfg Config) error {
	cmd := exec.CommandContext(ctx, cfg.Command[0], cfg.Command[1:]...)
	cmd.Dir = cfg.Directory
	cmd.Env = slices.DeleteFunc(os.Environ(), ofMake)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the compilers end with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killAfter
	if err := cmd.Run(); err != nil {
		for line := range strings.Lines(complaints.String()) {
			if !strings.HasPrefix(line, "make") { // make's own line says that a command failed, which we say too
				_, _ = fmt.Fprintf(cfg.Log, "build | %s\n", strings.TrimSuffix(line, "\n"))
			}
		}
		return fmt.Errorf("%s: %w", strings.Join(cfg.Command, " "), err)
	}
	return nil
}

// ofMake finds what the make that started us tells makes below it: this one is not.
func ofMake(variable string) bool {
	return strings.HasPrefix(variable, "MAKE") || strings.HasPrefix(variable, "MFLAGS=")
}
