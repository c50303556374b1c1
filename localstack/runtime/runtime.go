// Package runtime is the Lambda service for one machine: a Runtime API over HTTP and, per function,
// a pool of processes that each handle one event at a time, frozen between events where that is asked for. Not
// emulated: memory and CPU limits, and versions or aliases.
package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Function is one deployed function.
type Function struct {
	Name        string
	Command     string        // path of its binary
	Environment []string      // K=V, all that it gets beside Lambda's own variables
	MemoryMB    int           // told to the function, not enforced
	Timeout     time.Duration // per event; 3 s when zero, as on AWS
	Concurrency int           // reserved: at most so many events at once; 0 = none reserved
}

// Config says what to run.
type Config struct {
	Functions    []Function
	Log          io.Writer     // gets whole lines, prefixed "name | "; one Write at a time
	IdleTimeout  time.Duration // a process unused for so long is ended; 5 minutes when zero
	MaxProcesses int           // per function; 16 when zero
	Freeze       bool          // stop a process between two events, as Lambda does
}

const (
	defaultIdleTimeout  = 5 * time.Minute
	defaultMaxProcesses = 16 // what a laptop bears: about 11 MB for each idle process
	defaultTimeout      = 3 * time.Second
	defaultMemoryMB     = 128
)

// Runtime runs the functions of one stack.
type Runtime struct {
	pools   map[string]*pool
	server  *http.Server
	spawner *spawner
	running sync.WaitGroup // one for each process and each event under way
	served  chan struct{}  // closed when the server's accept loop is over

	mu      sync.Mutex
	closed  bool
	release sync.Once
}

// Start listens on a free port of 127.0.0.1. Processes start when the first event needs them.
func Start(cfg Config) (*Runtime, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the Runtime API: %w", err)
	}
	r := &Runtime{pools: map[string]*pool{}, served: make(chan struct{})}
	log := &lineLog{out: cmp.Or[io.Writer](cfg.Log, io.Discard)}
	for _, f := range cfg.Functions {
		if f, err = f.withDefaults(); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		if r.pools[f.Name] != nil {
			return nil, errors.Join(fmt.Errorf("two functions are called %s", f.Name), listener.Close())
		}
		r.pools[f.Name] = &pool{
			runtime: r, function: f, command: f.Command, log: log, api: listener.Addr().String(),
			freezes:      cfg.Freeze,
			idleTimeout:  cmp.Or(cfg.IdleTimeout, defaultIdleTimeout),
			maxProcesses: cmp.Or(cfg.MaxProcesses, defaultMaxProcesses),
			initLimit:    initLimit,
			processes:    map[string]*process{},
		}
	}
	r.spawner = newSpawner()
	r.server = &http.Server{Handler: r.api(), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(r.served)
		_ = r.server.Serve(listener) // ends with ErrServerClosed, by Close
	}()
	return r, nil
}

func (f Function) withDefaults() (Function, error) {
	f.Timeout = cmp.Or(f.Timeout, defaultTimeout)
	f.MemoryMB = cmp.Or(f.MemoryMB, defaultMemoryMB)
	command, err := filepath.Abs(f.Command)
	f.Command = command
	return f, err
}

// Invoke hands payload to a process of the function and returns its answer. It returns ErrUnknown,
// ErrTooLarge, ErrThrottled, ErrTimeout, ErrReplaced, ErrClosed or a *FunctionError. When ctx ends first, Invoke
// returns its error while the function goes on and its answer is dropped, as on AWS.
func (r *Runtime) Invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	p := r.pools[function]
	if p == nil {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, function)
	}
	if len(payload) > maxRequest {
		return nil, fmt.Errorf("invoke %s: %w", function, ErrTooLarge)
	}
	if !r.enter() {
		return nil, ErrClosed
	}
	process, err := p.acquire()
	if err != nil {
		r.running.Done()
		return nil, fmt.Errorf("invoke %s: %w", function, err)
	}
	event := newInvocation(payload)
	go func() {
		defer r.running.Done()
		p.perform(process, event)
	}()
	select {
	case <-event.finished:
		return event.result, event.err
	case <-ctx.Done():
		return nil, fmt.Errorf("invoke %s: %w", function, ctx.Err())
	}
}

// enter counts one more thing that Close has to wait for; false once Close has begun.
func (r *Runtime) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.running.Add(1)
	return true
}

// Stats lists every function, by name, with its living processes.
func (r *Runtime) Stats() []FunctionStats {
	stats := make([]FunctionStats, 0, len(r.pools))
	for _, p := range r.pools {
		stats = append(stats, p.stats())
	}
	slices.SortFunc(stats, func(a, b FunctionStats) int { return cmp.Compare(a.Name, b.Name) })
	return stats
}

// Close ends every process: SIGTERM, and SIGKILL after 2 s or when ctx ends. It returns when all of
// them are reaped; events under way fail. The Runtime cannot be used afterwards.
func (r *Runtime) Close(ctx context.Context) error {
	r.mu.Lock()
	first := !r.closed
	r.closed = true
	r.mu.Unlock()
	if first {
		for _, p := range r.pools {
			p.close()
		}
	}
	gone := make(chan struct{})
	go func() {
		r.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		for _, p := range r.pools {
			p.kill()
		}
		<-gone
	}
	var err error
	r.release.Do(func() {
		err = r.server.Close()
		<-r.served
		r.spawner.close()
	})
	return err
}
