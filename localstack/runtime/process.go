package runtime

import (
	"context"
	"crypto/rand"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// stopGrace is what Lambda gives a function between SIGTERM and SIGKILL.
	stopGrace = 2 * time.Second
	// outputGrace bounds the wait for output that a process's own children hold open after its end.
	outputGrace = 500 * time.Millisecond
)

// process is one execution environment of a function.
type process struct {
	pool   *pool
	token  string           // its part of the Runtime API's path, not to be guessed by other programs
	work   chan *invocation // holds at most the one event that it is to take next
	exited chan struct{}    // closed when it is reaped
	output *lineWriter

	// Guarded by pool.mu.
	state       string
	pid         int
	invocations int
	rest        *time.Timer // ends it after the idle time

	mu        sync.Mutex // may be held when pool.mu is taken, never the other way round
	cmd       *exec.Cmd  // nil until started
	condemned bool
	replaced  bool // condemned for a new binary's sake
	frozen    bool
	gone      bool
	grace     *time.Timer
	current   *invocation
	initError *FunctionError // what it said itself about its failed start
}

func newProcess(p *pool) *process {
	return &process{
		pool: p, token: strings.ToLower(rand.Text()), state: starting,
		work: make(chan *invocation, 1), exited: make(chan struct{}),
		output: &lineWriter{log: p.log, prefix: p.function.Name + " | "},
	}
}

// start runs the binary; on a process that runs already it does nothing, and cold is false.
func (p *process) start() (cold bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		return false, nil
	}
	switch {
	case p.replaced:
		return false, ErrReplaced
	case p.condemned:
		return false, ErrClosed
	}
	f := p.pool.current()
	cmd := exec.Command(f.Command)
	cmd.Dir = filepath.Dir(f.Command)
	cmd.Env = environment(f, p.pool.api+"/"+f.Name+"/"+p.token)
	cmd.Stdout, cmd.Stderr = p.output, p.output
	cmd.WaitDelay = outputGrace
	if err := p.pool.runtime.spawner.start(cmd); err != nil {
		return false, &FunctionError{"Runtime.InvalidEntrypoint", err.Error()}
	}
	p.cmd = cmd
	p.pool.started(p, cmd.Process.Pid)
	p.pool.runtime.running.Add(1) // the event under way holds one, so Close is still waiting
	go p.keep()
	return true, nil
}

// keep waits for the end of the process and takes it out of the pool.
func (p *process) keep() {
	defer p.pool.runtime.running.Done()
	_ = p.cmd.Wait() // how it ended is read from ProcessState
	p.mu.Lock()
	p.gone = true
	if p.grace != nil {
		p.grace.Stop()
	}
	p.mu.Unlock()
	signalGroup(p.cmd, syscall.SIGKILL) // whatever it started itself
	p.output.flush()
	p.pool.forget(p)
	close(p.exited)
}

// terminate asks the process to end and kills it after the grace time.
func (p *process) terminate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.condemned {
		return
	}
	p.condemned = true
	if p.cmd != nil && !p.gone {
		signalGroup(p.cmd, syscall.SIGTERM)
		p.wake() // nobody hears a signal in his freeze
		p.grace = time.AfterFunc(stopGrace, p.kill)
	}
}

func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.condemned = true
	if p.cmd != nil && !p.gone {
		signalGroup(p.cmd, syscall.SIGKILL)
	}
}

// exitError says how the process ended, in Lambda's words; only once exited is closed.
func (p *process) exitError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.replaced:
		return ErrReplaced
	case p.initError != nil:
		return p.initError
	}
	if p.cmd.ProcessState == nil || p.cmd.ProcessState.Success() {
		return &FunctionError{"Runtime.ExitError", "Runtime exited without providing a reason"}
	}
	return &FunctionError{"Runtime.ExitError", fmt.Sprintf("Runtime exited with error: %s", p.cmd.ProcessState)}
}

// next ends the current event and blocks until there is another; nil when the process, or ctx, ends first.
func (p *process) next(ctx context.Context) *invocation {
	p.mu.Lock()
	if p.current != nil {
		p.current.settle(nil, &FunctionError{"Runtime.NoAnswer", "asked for the next event without an answer"})
		p.current.leave()
		p.current = nil
	}
	p.mu.Unlock()
	select {
	case event := <-p.work:
		return p.take(ctx, event)
	case <-ctx.Done():
	case <-p.exited:
	}
	return nil
}

// take starts the event's clock, unless nobody is left to work on it.
func (p *process) take(ctx context.Context, event *invocation) *invocation {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone || ctx.Err() != nil || ended(p.cmd) {
		p.work <- event // there is room: a process has one event at most
		return nil
	}
	event.deadline = time.Now().Add(p.pool.function.Timeout)
	p.current = event
	p.pool.began(p)
	close(event.taken)
	return event
}

// answer settles the event that the process works on; false when it is not that one.
func (p *process) answer(id string, result []byte, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil || p.current.id != id {
		return false
	}
	p.current.settle(result, err)
	return true
}

func (p *process) failInit(err *FunctionError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.initError = err
}
