package sam_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

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
	tool = exec.Command("sleep", "600")
	tool.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := tool.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tool.Process.Kill() })
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
	die, err := sam.Guard(directory)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
		t.Fatal("it acts while we live")
	default:
	}
	if err := die(); err != nil {
		t.Fatal(err)
	}
	<-ended
	checkSwept(t, directory, tool, removed())
}
