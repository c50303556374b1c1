package servers

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// evict ends the process that a stack which was killed left on this data directory. Another process that has the number by
// now is left alone: its command line does not name the directory; the file would keep Postgres from starting and goes.
// The file of a dead process stays: by it Postgres finds out whether processes of the dead one still use the data.
func evict(p program) error {
	content, err := os.ReadFile(p.pidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err == nil && pid > 1 && alive(pid) && strings.Contains(commandLine(pid), p.data) {
		if err := end(pid, p.signal); err != nil {
			return fmt.Errorf("process %d of a former run: %w", pid, err)
		}
	}
	if err == nil && pid > 1 && !alive(pid) && within(buryWithin, func() bool { return !known(pid) }) {
		return nil
	}
	if err := os.Remove(p.pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// end returns when a process that is not our child has ended.
func end(pid int, signal syscall.Signal) error {
	for _, one := range []syscall.Signal{signal, syscall.SIGKILL} {
		_ = syscall.Kill(pid, one)
		if within(stopWithin, func() bool { return !alive(pid) }) {
			return nil
		}
	}
	return errors.New("does not end: end it by hand")
}

// within polls, because the system tells nobody but the parent.
func within(limit time.Duration, done func() bool) bool {
	for deadline := time.Now().Add(limit); !done(); time.Sleep(evictPoll) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

func known(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// alive tells a process from a zombie, which the system still knows.
func alive(pid int) bool {
	if !known(pid) {
		return false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil { // "pid (name) state ...": the name may hold anything, a parenthesis too
		return !strings.HasPrefix(string(status[bytes.LastIndexByte(status, ')')+1:]), " Z")
	}
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

func commandLine(pid int) string {
	if content, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil {
		return strings.ReplaceAll(string(content), "\x00", " ")
	}
	out, _ := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output() // no such process: empty
	return string(out)
}
