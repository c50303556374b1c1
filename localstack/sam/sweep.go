package sam

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
)

// sweepScript is a script because what ends things after our own SIGKILL cannot be we.
//
//go:embed sweep.sh
var sweepScript string

// sweep ends what a run in this directory has left: SAM, containers, and the file with passwords.
func (d *Docker) sweep(directory string) error {
	cmd := exec.Command("sh", "-c", sweepScript, "sweep", directory)
	cmd.Env = d.environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("remove containers: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// guard sweeps when we are gone, however we went: the system closes our end of the pipe.
type guard struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

// newGuard watches over what runs in the directory, and over the daemon of the other, when that is not empty.
func newGuard(environment []string, directory, daemon string) (*guard, error) {
	cmd := exec.Command("sh", "-c", "cat >/dev/null\n"+sweepScript, "guard", directory, daemon)
	cmd.Env = environment
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, pipe.Close())
	}
	return &guard{cmd, pipe}, nil
}

// dismiss ends the guard before it acts. Where there is none it has nothing to do.
func (g *guard) dismiss() {
	if g == nil {
		return
	}
	_ = g.cmd.Process.Kill()
	_ = g.cmd.Wait()
	_ = g.pipe.Close()
}
