package e2e_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// relatives lists every process that is no zombie with its parent.
func relatives() map[int]int {
	parents := map[int]int{}
	out, _ := exec.Command("ps", "-A", "-o", "pid=,ppid=,stat=").Output() // nothing: the caller misses what it looks for
	for line := range strings.Lines(string(out)) {
		var pid, parent int
		var state string
		if n, _ := fmt.Sscan(line, &pid, &parent, &state); n == 3 && !strings.HasPrefix(state, "Z") {
			parents[pid] = parent
		}
	}
	return parents
}

// descendants lists a process and all that came from it.
func descendants(pid int) []int {
	parents := relatives()
	family := []int{pid}
	for i := 0; i < len(family); i++ {
		for child, parent := range parents {
			if parent == family[i] {
				family = append(family, child)
			}
		}
	}
	return family
}

// living describes which of these processes are still there.
func living(pids []int) []string {
	parents := relatives()
	var left []string
	for _, pid := range pids {
		if _, there := parents[pid]; there {
			out, _ := exec.Command("ps", "-o", "pid=,ppid=,stat=,args=", "-p", strconv.Itoa(pid)).Output()
			left = append(left, strings.TrimSpace(string(out)))
		}
	}
	return slices.DeleteFunc(left, func(one string) bool { return one == "" }) // it ended meanwhile
}

// freeze stops a process and its children. The parent first: it has no more children then.
func freeze(pid int) (thaw func()) {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	family := descendants(pid)
	for _, one := range family {
		_ = syscall.Kill(one, syscall.SIGSTOP)
	}
	return func() {
		for _, one := range family {
			_ = syscall.Kill(one, syscall.SIGCONT)
		}
	}
}
