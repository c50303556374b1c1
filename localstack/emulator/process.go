package emulator

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"mercato/localstack/servers"
)

const (
	stopWithin = 10 * time.Second // after SIGTERM, on which LocalStack hangs now and then
	tailLength = 2000             // bytes of the log in which its last lines are
	tailLines  = 3
)

// process is a running LocalStack, or what runs it in Docker.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	log   string
}

// spawn starts it in a process group of its own, so that Ctrl-C reaches us alone, with a guard that ends the group when
// we are killed.
func spawn(h how, path string) (*process, error) {
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the process has its own
	cmd := exec.Command(h.command[0], h.command[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = h.environment, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	guard, err := servers.NewGuard(-cmd.Process.Pid, "TERM", "")
	if err != nil {
		_ = cmd.Process.Kill()
		return nil, errors.Join(fmt.Errorf("guard: %w", err), cmd.Wait())
	}
	p := &process{cmd, make(chan struct{}), path}
	go func() {
		_ = cmd.Wait()                                      // its exit status says less than its log
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left running
		guard.Dismiss()
		close(p.ended)
	}()
	return p, nil
}

// stop returns when the process is gone.
func (p *process) stop() {
	select {
	case <-p.ended:
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopWithin):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}

// tail is the end of the log, in one line.
func (p *process) tail() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	content = content[max(0, len(content)-tailLength):]
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	last := strings.Join(lines[max(0, len(lines)-tailLines):], " ")
	return strings.Join(strings.Fields(last), " ") + " (more in " + p.log + ")"
}
