package runtime

import (
	"os/exec"
	"syscall"
)

// signalGroup signals a process and everything it started: each runs in a process group of its own.
func signalGroup(cmd *exec.Cmd, signal syscall.Signal) {
	_ = syscall.Kill(-cmd.Process.Pid, signal) // it fails when nobody is left, which is what is wanted
}
