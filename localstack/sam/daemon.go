package sam

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	daemonReadyWithin = 30 * time.Second       // it takes one, and more on a machine that has other work
	daemonPoll        = 100 * time.Millisecond // between two questions whether it is ready
	daemonStopWithin  = 20 * time.Second       // it gives containers 10 s
)

// daemon is a dockerd of our own.
type daemon struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// startDaemon answers when it is ready. Its address is the usual one, so that every Docker client on the machine finds it.
func startDaemon(ctx context.Context, program, directory string, ready func(context.Context) bool) (*daemon, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(directory, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the daemon has its own
	pid := filepath.Join(directory, "pid")
	_ = os.Remove(pid) // of one that was killed: nobody answers
	d := &daemon{ended: make(chan struct{}), cmd: exec.Command(program,
		"--pidfile", pid, "--data-root", filepath.Join(directory, "data"), "--label", label+"="+directory)}
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = d.cmd.Wait() // its log says why
		close(d.ended)
	}()
	ctx, cancel := context.WithTimeout(ctx, daemonReadyWithin)
	defer cancel()
	for !ready(ctx) {
		select {
		case <-d.ended:
			return nil, fmt.Errorf("dockerd does not start here: %s", lastLine(log.Name()))
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("dockerd was not ready: %w (%s)", ctx.Err(), lastLine(log.Name())), d.stop())
		case <-time.After(daemonPoll):
		}
	}
	return d, nil
}

func (d *daemon) pid() string {
	if d == nil {
		return ""
	}
	return strconv.Itoa(d.cmd.Process.Pid)
}

// stop ends the daemon and with it every container that it still runs.
func (d *daemon) stop() error {
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.ended:
		return nil
	case <-time.After(daemonStopWithin):
	}
	_ = d.cmd.Process.Kill()
	<-d.ended
	return fmt.Errorf("dockerd did not end within %s and was killed", daemonStopWithin)
}

// evict ends the daemon that a killed run has left in the directory.
func evict(directory string) error {
	text, err := os.ReadFile(filepath.Join(directory, "pid"))
	if err != nil {
		return fmt.Errorf("a Docker daemon of a run that was killed is there, but not its pid: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	_ = syscall.Kill(pid, syscall.SIGTERM)
	for deadline := time.Now().Add(daemonStopWithin); syscall.Kill(pid, 0) == nil; time.Sleep(daemonPoll) {
		if time.Now().After(deadline) {
			return fmt.Errorf("the Docker daemon %d of a run that was killed does not end: end it by hand", pid)
		}
	}
	return nil
}

func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
