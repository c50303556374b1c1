package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"mercato/localstack/servers"
)

// politeWithin is how long an interrupted command may take to end before it is killed.
const politeWithin = 10 * time.Second

// withServers runs a command with throw-away servers and answers its exit status.
func withServers(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("with-servers needs a command after --")
	}
	s, err := servers.Start(ctx, servers.Config{
		DatabaseURL: os.Getenv("TEST_DATABASE_URL"),
		RedisURL:    os.Getenv("TEST_REDIS_URL"),
		PipOnly:     os.Getenv("MERCATO_SERVERS") == "pip",
		Say:         newJournal(os.Stderr).say,
		Changed:     func() {},
	})
	if err != nil {
		return err
	}
	err = command(ctx, args, "TEST_DATABASE_URL="+s.DatabaseURL(), "TEST_REDIS_URL="+s.RedisURL())
	if stopped := s.Stop(); stopped != nil {
		fmt.Fprintln(os.Stderr, "localstack:", stopped)
	}
	return err
}

// command runs a program in a process group of its own, so that an interrupt reaches all of it once, and none of it outlives us.
func command(ctx context.Context, args []string, variables ...string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), variables...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = politeWithin
	if err := cmd.Start(); err != nil {
		return err
	}
	guard, err := servers.NewGuard(-cmd.Process.Pid, "TERM", "")
	if err == nil {
		defer guard.Dismiss()
	}
	err = cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left running
	var exited *exec.ExitError
	if !errors.As(err, &exited) {
		return err
	}
	if status, ok := exited.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitStatus(128 + int(status.Signal())) // as shells report it
	}
	return exitStatus(exited.ExitCode())
}
