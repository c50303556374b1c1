//go:build linux && !noparentdeath

package runtime

import (
	"os/exec"
	goruntime "runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// spawner starts processes that the kernel kills when the stack dies, however it dies. The kernel
// watches the thread that started them, not the program: so one thread starts them all, and lives
// as long as the spawner.
type spawner struct {
	requests chan spawnRequest
	done     chan struct{}
}

type spawnRequest struct {
	cmd    *exec.Cmd
	result chan error
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawnRequest), done: make(chan struct{})}
	go s.run()
	return s
}

func (s *spawner) run() {
	defer close(s.done)
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	for request := range s.requests {
		request.result <- request.cmd.Start()
	}
}

func (s *spawner) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	result := make(chan error)
	s.requests <- spawnRequest{cmd, result}
	return <-result
}

// close ends the thread; only when every process is reaped.
func (s *spawner) close() {
	close(s.requests)
	<-s.done
}

// ended tells whether a process is dead already, though keep may not have noticed yet: an event
// handed to it in that moment would be lost.
func ended(cmd *exec.Cmd) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err != nil || info.Signo == int32(unix.SIGCHLD)
}
