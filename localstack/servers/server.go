package servers

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// program is how to run a server, the same way each time.
type program struct {
	name       string
	as         owner
	path       string
	args       []string
	log        string
	pidFile    string // written by the server
	data       string // its data directory, which its command line names
	throwAway  string // removed when we die; empty: kept
	signal     syscall.Signal
	signalName string
	ready      func(ctx context.Context, pid int) bool
}

// server keeps a program running.
type server struct {
	program
	current atomic.Int64 // pid, 0 between two lives
	say     func(format string, a ...any)
	changed func()
	cancel  context.CancelFunc
	done    chan struct{}
}

const (
	firstPause  = 50 * time.Millisecond // before a dead server is started again
	longPause   = 5 * time.Second       // the pause doubles up to this while starting fails
	sharedRetry = 15 * time.Second      // how long the processes of a killed Postgres may hold its memory
)

// run starts the program, waits until it is ready, and from then on starts it again whenever it dies.
func run(ctx context.Context, p program, say func(string, ...any), changed func()) (*server, error) {
	s := &server{program: p, say: say, changed: changed, done: make(chan struct{})}
	life, err := s.first(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s does not start: %w", p.name, err)
	}
	s.current.Store(int64(life.cmd.Process.Pid))
	lifetime, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go s.watch(lifetime, life)
	return s, nil
}

// first is patient with one error only: a killed Postgres leaves processes that hold its shared memory until they notice.
func (s *server) first(ctx context.Context) (*process, error) {
	deadline := time.Now().Add(sharedRetry)
	for {
		life, err := s.launch(ctx)
		if err == nil || !strings.Contains(err.Error(), "pre-existing shared memory block") || time.Now().After(deadline) {
			return life, err
		}
		if !pause(ctx, firstPause) {
			return nil, ctx.Err()
		}
	}
}

func (s *server) launch(ctx context.Context) (*process, error) {
	if err := evict(s.program); err != nil {
		return nil, err
	}
	life, err := spawn(s.program)
	if err != nil {
		return nil, err
	}
	if err := life.await(ctx, s.ready, s.signal); err != nil {
		_ = life.log.Close()
		return nil, err
	}
	return life, nil
}

func (s *server) watch(ctx context.Context, life *process) {
	defer close(s.done)
	for life != nil {
		select {
		case <-ctx.Done():
			life.stop(s.signal)
		case <-life.ended:
		}
		s.current.Store(0)
		_ = life.log.Close()
		if ctx.Err() != nil {
			return
		}
		life = s.revive(ctx)
	}
}

// revive answers nil only when ctx is done.
func (s *server) revive(ctx context.Context) *process {
	died := time.Now()
	s.say("%s died and is started again", s.name)
	for wait := firstPause; pause(ctx, wait); wait = min(2*wait, longPause) {
		life, err := s.launch(ctx)
		if err == nil {
			s.current.Store(int64(life.cmd.Process.Pid))
			s.say("%s is back after %s", s.name, time.Since(died).Round(time.Millisecond))
			s.changed()
			return life
		}
		if ctx.Err() == nil {
			s.say("%s does not come back: %v", s.name, err)
		}
	}
	return nil
}

func (s *server) stop() {
	s.cancel()
	<-s.done
}

func (s *server) pid() int {
	if s == nil {
		return 0
	}
	return int(s.current.Load())
}

// pause answers false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
