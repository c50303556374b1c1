package runtime_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"testing"

	"mercato/localstack/runtime"
)

// A stack that is killed hard leaves nothing behind: on Linux by the kernel, whatever a function is
// doing; elsewhere because a function that waits for events ends when its Runtime API is gone.
func TestKilled_stack_leaves_nothing_behind(t *testing.T) {
	t.Parallel()
	waiting := fmt.Sprintf(`{"Do":"wait","File":%q}`, filepath.Join(t.TempDir(), "never"))
	for name, c := range map[string]struct {
		program   string
		payloads  []string
		freeze    string
		linuxOnly bool
	}{
		"by the kernel while busy":  {program: stack, payloads: []string{waiting, waiting}, linuxOnly: true},
		"by the kernel while idle":  {program: stack},
		"by themselves, while idle": {program: portableStack},
		"frozen, by the kernel":     {program: stack, freeze: "on"},
		"frozen, as orphans":        {program: portableStack, freeze: "on"}, // POSIX: a group that is left stopped gets SIGHUP
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.linuxOnly && goruntime.GOOS != "linux" {
				t.Skip("the kernel does it on Linux only")
			}
			for _, p := range killStack(t, c.program, c.freeze, c.payloads) {
				eventually(t, func() bool { return !alive(p.PID) })
			}
		})
	}
}

// killStack runs a stack until its functions are up, kills it and returns what it ran.
func killStack(t *testing.T, program, freeze string, payloads []string) []runtime.ProcessStats {
	t.Helper()
	cmd := exec.Command(program, append([]string{fn}, payloads...)...)
	cmd.Env = append(os.Environ(), "FREEZE="+freeze)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the stack said nothing")
	}
	var processes []runtime.ProcessStats
	if err := json.Unmarshal(lines.Bytes(), &processes); err != nil {
		t.Fatal(err)
	}
	if len(processes) != max(1, len(payloads)) {
		t.Fatalf("processes %+v", processes)
	}
	for _, p := range processes {
		if !alive(p.PID) {
			t.Fatalf("process %d is not running", p.PID)
		}
	}
	return processes
}
