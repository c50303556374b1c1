package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWithServers(t *testing.T) {
	t.Parallel()
	c := setup(t)
	status, text := c.run(t, "with-servers", "--", "sh", "-c", `echo "$TEST_DATABASE_URL $TEST_REDIS_URL"; exit 7`)
	if status != 7 || !strings.Contains(text, "postgres://mercato:") || !strings.Contains(text, " redis://:") {
		t.Errorf("%d %s", status, text)
	}
	if _, err := os.Stat(c.home); !os.IsNotExist(err) {
		t.Errorf("it made a state directory: %v", err)
	}
	if status, text := c.run(t, "with-servers", "no-such-program"); status != 1 || !oneLine(text, "no-such-program") {
		t.Errorf("%d %s", status, text)
	}
}

func TestWithServers_interrupted(t *testing.T) {
	t.Parallel()
	c := setup(t)
	const script = `psql "$TEST_DATABASE_URL" -Atc 'SHOW data_directory' >"$0.part"; mv "$0.part" "$0"; sleep 1000 & wait`
	report := filepath.Join(c.directory, "report")
	cmd, out := c.command(t, "with-servers", "--", "sh", "-c", script, report)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var data string
	until(t, "the command runs", func() bool {
		content, err := os.ReadFile(report)
		data = strings.TrimSpace(string(content))
		return err == nil
	})
	if data == "" {
		t.Skip("no psql here")
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 128+int(syscall.SIGTERM) {
		t.Errorf("%v, want the status of a terminated command\n%s", err, out)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", data, err)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	c := setup(t)
	cmd, _, _ := c.dev(t)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	foreign := filepath.Join(c.home, "notes")
	write(t, foreign, "somebody's")
	var others []string
	for _, path := range []string{"keys/id_ed25519", "data/photos", "data/dump.sql"} {
		others = append(others, filepath.Join(c.home, path))
		write(t, others[len(others)-1], "somebody's")
	}
	if status, text := c.run(t, "reset"); status != 0 {
		t.Errorf("%d %s", status, text)
	}
	for _, path := range others {
		if err := os.Remove(path); err != nil {
			t.Errorf("reset took what is somebody else's: %v", err)
		}
		_ = os.Remove(filepath.Dir(path))
	}
	left, err := os.ReadDir(c.home)
	if err != nil || len(left) != 1 || left[0].Name() != "notes" {
		t.Errorf("left: %v, %v", left, err)
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if status, text := c.run(t, "reset"); status != 0 {
			t.Errorf("%d %s", status, text)
		}
		if _, err := os.Stat(c.home); !os.IsNotExist(err) {
			t.Errorf("the empty directory is left: %v", err)
		}
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	c := setup(t)
	write(t, filepath.Join(c.directory, "go.mod"), "module little\n\ngo 1.26.0\n")
	if status, text := c.run(t, "doctor"); status != 0 || !strings.Contains(text, "make dev can run") {
		t.Errorf("%d %s", status, text)
	}
	c.port = "0"
	if status, text := c.run(t, "doctor"); status != 1 || !strings.Contains(text, "is not a port") {
		t.Errorf("%d %s", status, text)
	}
}

func TestDemo_noStack(t *testing.T) {
	t.Parallel()
	c := setup(t)
	if status, text := c.run(t, "demo"); status != 1 || !oneLine(text, "make dev") {
		t.Errorf("%d %s", status, text)
	}
	cmd, _ := c.command(t, "demo")
	cmd.Env = append(cmd.Env, "BASE_URL=http://127.0.0.1:1")
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err == nil || !oneLine(out.String(), "BASE_URL") {
		t.Errorf("%v %s", err, out)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	c := setup(t)
	for _, args := range [][]string{nil, {"fly"}, {"dev", "now"}} {
		if status, text := c.run(t, args...); status != 2 || !strings.Contains(text, "usage:") {
			t.Errorf("%v: %d %s", args, status, text)
		}
	}
}
