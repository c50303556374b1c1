package main_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// noSuchDocker is where no daemon listens.
const noSuchDocker = "DOCKER_HOST=unix:///nonexistent/docker.sock"

// path makes a PATH with some of this machine's programs and with scripts that play others.
func path(t *testing.T, scripts map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	for _, name := range []string{"sh", "cat", "python3", "env", "dirname", "ps", "sleep", "kill", "rm", "test", "tr", "timeout", "grep"} {
		if found, err := exec.LookPath(name); err == nil {
			if err := os.Symlink(found, filepath.Join(directory, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(directory, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil { //nolint:gosec // it is a program
			t.Fatal(err)
		}
	}
	return "PATH=" + directory
}

// sam makes a checkout whose SAM nobody comes to call.
func samCheckout(t *testing.T) checkout {
	t.Helper()
	c := setup(t)
	if err := os.MkdirAll(filepath.Join(c.directory, "tools", "sam"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(c.directory, "tools", "sam", "sam.sh"), "echo called >&2\nexit 1\n")
	return c
}

func TestSAM_refuses(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	const (
		away  = "exit 1"
		there = "case $1 in images) ;; import) exit 1 ;; *) echo 1 ;; esac"
	)
	for name, tc := range map[string]struct {
		damage      func(c *checkout)
		environment []string
		status      int
		want        string
	}{
		"busy port":      {func(c *checkout) { _, c.port, _ = net.SplitHostPort(busy.Addr().String()) }, nil, 1, " make sam-local"},
		"file as home":   {func(c *checkout) { write(t, c.home, "") }, nil, 1, "is a file"},
		"not built":      {func(c *checkout) { _ = os.RemoveAll(filepath.Join(c.directory, "dist")) }, nil, 1, "run make build"},
		"no SAM":         {func(c *checkout) { _ = os.RemoveAll(filepath.Join(c.directory, "tools")) }, nil, 1, "top directory of the checkout"},
		"no Python":      {nil, []string{"PYTHONHOME=/nonexistent"}, 1, "apt-get install python3-pip"},
		"no client":      {nil, []string{path(t, nil)}, 3, "apt-get install docker.io"},
		"no daemon":      {nil, []string{path(t, map[string]string{"docker": away}), "DOCKER_HOST="}, 3, "dockerd is not installed"},
		"named daemon":   {nil, []string{path(t, map[string]string{"docker": away, "dockerd": away}), noSuchDocker}, 1, "or unset DOCKER_HOST"},
		"broken daemon":  {nil, []string{path(t, map[string]string{"docker": away, "dockerd": "echo no cgroups here >&2; exit 1"}), "DOCKER_HOST="}, 1, "no cgroups here"},
		"foreign daemon": {nil, []string{path(t, map[string]string{"docker": "echo mercato.state=/elsewhere/docker"})}, 1, "belongs to the stack on /elsewhere"},
		"no image":       {nil, []string{path(t, map[string]string{"docker": there})}, 1, "apt-get install busybox-static"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "broken daemon" && os.Geteuid() != 0 {
				t.Skip("only root starts a daemon")
			}
			c := samCheckout(t)
			if tc.damage != nil {
				tc.damage(&c)
			}
			cmd, out := c.command(t, "sam")
			cmd.Env = append(cmd.Env, tc.environment...)
			_ = cmd.Run() // its status is read below
			text := withoutProgress(out.String())
			if cmd.ProcessState.ExitCode() != tc.status || !oneLine(text, tc.want) {
				t.Errorf("status %d, want %d and one line with %q:\n%s", cmd.ProcessState.ExitCode(), tc.status, tc.want, text)
			}
			for _, left := range []string{"data", "stack.json"} {
				if _, err := os.Stat(filepath.Join(c.home, left)); err == nil || !errors.Is(err, os.ErrNotExist) && tc.damage == nil {
					t.Errorf("%s is there: %v", left, err)
				}
			}
		})
	}
}

// TestSAM_leavesNoDaemon: a daemon that was started ends with us, before it is ready too, however we end.
func TestSAM_leavesNoDaemon(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root starts a daemon")
	}
	for name, tc := range map[string]struct {
		kill    []syscall.Signal
		patient int // how many SIGTERMs end the daemon
	}{
		"killed":          {[]syscall.Signal{syscall.SIGKILL}, 1},
		"the second time": {[]syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := samCheckout(t)
			asked := filepath.Join(c.directory, "asked")
			daemon := fmt.Sprintf("n=0\ntrap 'n=$((n+1)); echo $$ >>%s; [ $n -lt %d ] || exit 0' TERM\necho $$ >%s.pid\nwhile :; do sleep 0.05; done", asked, tc.patient, asked)
			cmd, out := c.command(t, "sam")
			cmd.Env = append(cmd.Env, path(t, map[string]string{"docker": "exit 1", "dockerd": daemon}), "DOCKER_HOST=")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			pid := 0
			until(t, "the daemon is started", func() bool {
				text, _ := os.ReadFile(asked + ".pid") // not there yet
				pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
				return pid > 0
			})
			t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
			for i, signal := range tc.kill {
				if i > 0 {
					until(t, "the daemon is asked to end", func() bool { _, err := os.Stat(asked); return err == nil })
				}
				_ = cmd.Process.Signal(signal)
			}
			_ = cmd.Wait() // it was killed
			until(t, "the daemon is gone", func() bool { return gone(pid) })
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// withoutProgress leaves what is wrong.
func withoutProgress(text string) (wrong string) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "stack |") {
			wrong += line
		}
	}
	return wrong
}

// TestSAM_fails: what cannot go on ends everything that was there by then.
func TestSAM_fails(t *testing.T) {
	t.Parallel()
	c := samCheckout(t)
	cmd, out := c.command(t, "sam")
	cmd.Env = append(cmd.Env, path(t, map[string]string{"docker": "case $1 in images) echo mercato-lambda:x86_64 1; echo mercato-lambda:arm64 2 ;; ps|context) ;; *) ;; esac"}))
	_ = cmd.Run() // its status is read below
	if text := withoutProgress(out.String()); cmd.ProcessState.ExitCode() != 1 || !oneLine(text, "sam --version: exit status 1: called") {
		t.Errorf("status %d:\n%s", cmd.ProcessState.ExitCode(), text)
	}
}
