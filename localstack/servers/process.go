package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	readyWithin = time.Minute           // a crash recovery reads the whole log again
	readyPoll   = 2 * time.Millisecond  // a warm start takes about 60 ms in all
	stopWithin  = 8 * time.Second       // a clean stop takes 0.1 s; both stop at once
	logLimit    = 32 << 20              // bytes; a log beyond this is begun anew at the next start
	tailLines   = 3                     // the error, its detail and hint
	tailLength  = 2000                  // bytes of a log in which these lines are
	buryWithin  = 2 * time.Second       // init buries a zombie at once; a container may have none, and Postgres takes a zombie for a running server
	evictPoll   = 20 * time.Millisecond // how often a leftover process is looked at
)

// process is one life of a server.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed once the system has forgotten it
	log   *os.File
	began int64 // where its part of the log begins
}

// spawn starts the program with its output in the log file: a pipe to us would break when we die first.
func spawn(p program) (*process, error) {
	log, began, err := openLog(p.log)
	if err != nil {
		return nil, err
	}
	cmd := p.as.command(context.Background(), p.path, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	guard, err := NewGuard(cmd.Process.Pid, p.signalName, p.throwAway)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, errors.Join(fmt.Errorf("guard: %w", err), log.Close())
	}
	life := &process{cmd: cmd, ended: make(chan struct{}), log: log, began: began}
	go func() {
		_ = cmd.Wait() // its exit status says less than its log
		guard.Dismiss()
		close(life.ended)
	}()
	return life, nil
}

func openLog(path string) (*os.File, int64, error) {
	flags := os.O_CREATE | os.O_RDWR | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		flags |= os.O_TRUNC
	}
	log, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := log.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, log.Close())
	}
	return log, info.Size(), nil
}

// await answers nil once ready says so, and an error when the process ended, took too long, or ctx is done; it is gone then.
func (p *process) await(ctx context.Context, ready func(ctx context.Context, pid int) bool, stop syscall.Signal) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		select {
		case <-p.ended:
			return fmt.Errorf("it ended at once: %s", p.tail())
		case <-ctx.Done():
			p.stop(stop)
			return fmt.Errorf("%w before it was ready: %s", context.Cause(ctx), p.tail())
		case <-tick.C:
			if ready(ctx, p.cmd.Process.Pid) {
				return nil
			}
		}
	}
}

// stop returns when the process is gone.
func (p *process) stop(signal syscall.Signal) {
	_ = p.cmd.Process.Signal(signal)
	select {
	case <-p.ended:
	case <-time.After(stopWithin):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}

// tail is the end of what this life wrote, in one line.
func (p *process) tail() string {
	info, err := p.log.Stat()
	if err != nil {
		return err.Error()
	}
	from := max(p.began, info.Size()-tailLength)
	text := make([]byte, max(0, info.Size()-from))
	n, _ := p.log.ReadAt(text, from) // shorter is fine
	lines := strings.Split(strings.TrimSpace(string(text[:n])), "\n")
	last := strings.Join(lines[max(0, len(lines)-tailLines):], " ")
	return strings.Join(strings.Fields(last), " ") + " (more in " + p.log.Name() + ")"
}
