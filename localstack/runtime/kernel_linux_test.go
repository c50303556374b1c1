package runtime_test

import (
	goruntime "runtime"
	"sync"
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

// The kernel kills a process when the thread that started it ends, and Go ends threads: only the
// spawner's own may count.
func TestSpawn_outlives_other_threads(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for range 20 {
		pid := b.must(`{}`).PID
		for range 10 {
			var threads sync.WaitGroup
			for range 20 {
				threads.Go(goruntime.LockOSThread) // a goroutine that ends locked takes its thread along
			}
			threads.Wait()
		}
		if got := b.must(`{}`).PID; got != pid {
			t.Fatalf("process %d, want %d: the first was killed with a thread", got, pid)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return dead(pid) }) // so that the next round starts one anew
	}
}

// dead tells whether a child of this very program has come to its end, be it reaped or not.
func dead(pid int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err != nil || info.Signo == int32(unix.SIGCHLD)
}
