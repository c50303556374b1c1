package sam

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	guard *guard
	log   string
	ended chan struct{}
}

// startDaemon answers when it is ready. Its address is the usual one, so that every Docker client on the machine finds it.
func (d *Docker) startDaemon(ctx context.Context, program, state string) (*daemon, error) {
	directory := daemonHome(state)
	if err := evict(directory); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, err
	}
	pid := filepath.Join(directory, "pid")
	_ = os.Remove(pid) // of one that was killed: nobody answers
	own := &daemon{ended: make(chan struct{}), log: filepath.Join(directory, "log"), cmd: exec.Command(program,
		"--pidfile", pid, "--data-root", filepath.Join(directory, "data"), "--label", label+"="+directory)}
	if err := own.launch(d.environment(), runs(state)); err != nil {
		return nil, err
	}
	if err := own.await(ctx, d.answers); err != nil {
		return nil, errors.Join(err, own.stop())
	}
	return own, nil
}

// launch starts the daemon after what ends it when we are killed: from the first moment on, root's daemon would stay for ever.
func (d *daemon) launch(environment []string, directory string) error {
	log, err := os.Create(d.log)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the daemon has its own
	if d.guard, err = newGuard(environment, directory, filepath.Dir(d.log)); err != nil {
		return err
	}
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us
	if err := d.cmd.Start(); err != nil {
		d.guard.dismiss()
		return fmt.Errorf("dockerd does not start here: %w", err)
	}
	go func() {
		_ = d.cmd.Wait() // its log says why
		close(d.ended)
	}()
	return nil
}

func (d *daemon) await(ctx context.Context, ready func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, daemonReadyWithin)
	defer cancel()
	for !ready(ctx) {
		select {
		case <-d.ended:
			return fmt.Errorf("dockerd does not start here: %s", lastLine(d.log))
		case <-ctx.Done():
			return fmt.Errorf("dockerd was not ready: %w (%s)", ctx.Err(), lastLine(d.log))
		case <-time.After(daemonPoll):
		}
	}
	return nil
}

// stop ends the daemon and with it every container that it still runs.
func (d *daemon) stop() error {
	defer func() { d.guard.dismiss() }() // last: until then we may be killed
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

// evict ends the daemons that killed runs have left with this directory; where there is none it has nothing to do.
func evict(directory string) error {
	for _, pid := range daemons(directory) {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		for deadline := time.Now().Add(daemonStopWithin); slices.Contains(daemons(directory), pid); time.Sleep(daemonPoll) {
			if time.Now().After(deadline) {
				return fmt.Errorf("the Docker daemon %d of a run that was killed does not end: end it by hand", pid)
			}
		}
	}
	return nil
}

// daemons answers the processes that say in their command line that they are this directory's. A file with a number would
// not do: it may be gone, and the number another's. Where there is no /proc there is no dockerd either.
func daemons(directory string) []int {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well-formed
	var found []int
	for _, line := range lines {
		arguments, err := os.ReadFile(line)
		if err != nil || !slices.Contains(strings.Split(string(arguments), "\x00"), label+"="+directory) {
			continue // it has ended since, or is another
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(line))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
