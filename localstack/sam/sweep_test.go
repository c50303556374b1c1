package sam_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mercato/localstack/sam"
)

// left plays what a run leaves: its SAM, two containers and the file with passwords; and another SAM's container.
func left(t *testing.T) (directory string, tool *exec.Cmd, removed func() string) {
	t.Helper()
	place := t.TempDir()
	directory = filepath.Join(place, "sam")
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(place, "removed")
	docker := fmt.Sprintf("#!/bin/sh\ncase $1 in\nps) printf '%%s\\n' 'a1 %[1]s/build/One' 'b2 %[1]s-other/build/One' 'c3 /tmp/x,%[1]s/build/Two' 'd4' ;;\nrm) shift 2; echo \"$@\" >>%[2]s ;;\nesac\n", directory, log)
	if err := os.WriteFile(filepath.Join(place, "docker"), []byte(docker), 0o700); err != nil { //nolint:gosec // it is a program
		t.Fatal(err)
	}
	t.Setenv("PATH", place+":"+os.Getenv("PATH"))
	tool = sleeper(t, "--template", directory+"/build/template.yaml")
	for name, content := range map[string]string{"pid": fmt.Sprintln(tool.Process.Pid), "variables.json": "{}"} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return directory, tool, func() string {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(text)), " ")
	}
}

// sleeper is a process with these arguments, in a group of its own.
func sleeper(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", "sleep 600; :", "sleeper"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	return cmd
}

// checkSpared ends the process and finds that nobody else has: a signal before this one would be its end.
func checkSpared(t *testing.T, process *exec.Cmd) {
	t.Helper()
	_ = syscall.Kill(-process.Process.Pid, syscall.SIGKILL)
	_ = process.Wait() // its state is looked at
	if status, ok := process.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Errorf("another's process was ended: %s", process.ProcessState)
	}
}

func checkSwept(t *testing.T, directory string, tool *exec.Cmd, removed string) {
	t.Helper()
	if removed != "a1 c3" {
		t.Errorf("removed %s, want the two that are mounted from this run's directory", removed)
	}
	if status, ok := tool.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("SAM: %s, want an end by SIGTERM, which lets it remove its containers", tool.ProcessState)
	}
	for _, name := range []string{"pid", "variables.json"} {
		if _, err := os.Stat(filepath.Join(directory, name)); !os.IsNotExist(err) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
}

// buried is closed when the process is gone: a zombie would count as alive.
func buried(process *exec.Cmd) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		_ = process.Wait() // its state is looked at
		close(ended)
	}()
	return ended
}

func TestSweep(t *testing.T) { //nolint:paralleltest // it changes PATH
	directory, tool, removed := left(t)
	ended := buried(tool)
	if err := sam.Sweep(directory); err != nil {
		t.Fatal(err)
	}
	<-ended
	checkSwept(t, directory, tool, removed())
	if err := sam.Sweep(directory); err != nil {
		t.Errorf("with no SAM left: %v", err)
	}
}

// TestSweep_stranger: the number that a killed run has left is another process's by now.
func TestSweep_stranger(t *testing.T) { //nolint:paralleltest // it changes PATH
	directory, _, _ := left(t)
	stranger := sleeper(t, directory+"-other/build/template.yaml")
	pid := filepath.Join(directory, "pid")
	if err := os.WriteFile(pid, fmt.Append(nil, stranger.Process.Pid), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sam.Sweep(directory); err != nil {
		t.Fatal(err)
	}
	checkSpared(t, stranger)
	if _, err := os.Stat(pid); !os.IsNotExist(err) {
		t.Errorf("the file is left: %v", err)
	}
}

// TestWipe: the daemon of this directory goes with it, whatever its file says, and no other.
func TestWipe(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	data := filepath.Join(state, "docker", "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	daemon := sleeper(t, "--data-root", data, "--label", "mercato.state="+state+"/docker")
	other := sleeper(t, "--data-root", data, "--label", "mercato.state="+state+"/docker-other")
	if err := os.WriteFile(filepath.Join(state, "docker", "pid"), fmt.Append(nil, other.Process.Pid), 0o600); err != nil {
		t.Fatal(err)
	}
	ended := buried(daemon)
	if err := sam.Wipe(state); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("the daemon runs on")
	}
	checkSpared(t, other)
	if left, err := os.ReadDir(state); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestSweep_fails: what could not be removed is said.
func TestSweep_fails(t *testing.T) { //nolint:paralleltest // it changes PATH
	for name, docker := range map[string]string{
		"no list":    "exit 1",
		"no removal": `case $1 in ps) echo a1 "$MOUNTED" ;; *) echo it is in use >&2; exit 1 ;; esac`,
	} {
		t.Run(name, func(t *testing.T) {
			place := t.TempDir()
			if err := os.WriteFile(filepath.Join(place, "docker"), []byte("#!/bin/sh\n"+docker+"\n"), 0o700); err != nil { //nolint:gosec // it is a program
				t.Fatal(err)
			}
			t.Setenv("MOUNTED", place+"/build/One")
			t.Setenv("PATH", place+":"+os.Getenv("PATH"))
			if err := sam.Sweep(place); err == nil || !strings.Contains(err.Error(), "remove containers") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestGuard(t *testing.T) { //nolint:paralleltest // it changes PATH
	directory, tool, removed := left(t)
	ended := buried(tool)
	home := filepath.Join(filepath.Dir(directory), "docker")
	daemonEnded := buried(sleeper(t, "--label", "mercato.state="+home))
	other := sleeper(t, "--label", "mercato.state="+home+"-other")
	die, err := sam.Guard(directory, home)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
		t.Fatal("it acts while we live")
	case <-daemonEnded:
		t.Fatal("it ends the daemon while we live")
	default:
	}
	if err := die(); err != nil {
		t.Fatal(err)
	}
	<-ended
	checkSwept(t, directory, tool, removed())
	select {
	case <-daemonEnded:
	case <-time.After(patience):
		t.Error("the daemon runs on")
	}
	checkSpared(t, other)
}
