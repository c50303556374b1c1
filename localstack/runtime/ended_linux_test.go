package runtime_test

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that dies while it is idle is nobody's failure.
func TestFailure_killed_while_idle(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for range 50 {
		pid := b.must(`{}`).PID
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return dead(pid) })
	}
	if got := b.function().ColdStarts; got != 50 {
		t.Errorf("%d cold starts, want 50", got)
	}
}

// dead tells whether a child of this very program has come to its end, be it reaped or not.
func dead(pid int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err != nil || info.Signo == int32(unix.SIGCHLD)
}
