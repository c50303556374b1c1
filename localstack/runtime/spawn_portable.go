//go:build !linux || noparentdeath

package runtime

import (
	"os/exec"
	"syscall"
)

// spawner starts processes. When the stack is killed hard, they end by themselves as soon as they
// find their Runtime API gone. (The build tag noparentdeath lets a test prove that on Linux too.)
type spawner struct{}

func newSpawner() *spawner { return &spawner{} }

func (*spawner) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Start()
}

func (*spawner) close() {}

// ended cannot be known here before the process is reaped.
func ended(*exec.Cmd) bool { return false }
