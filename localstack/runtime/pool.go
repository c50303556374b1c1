package runtime

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// FunctionStats is what one function looks like right now.
type FunctionStats struct {
	Name       string         `json:"name"`
	ColdStarts int            `json:"cold_starts"`
	Processes  []ProcessStats `json:"processes"`
}

// ProcessStats is one living process. State is starting, idle or busy.
type ProcessStats struct {
	PID         int    `json:"pid"`
	State       string `json:"state"`
	Invocations int    `json:"invocations"`
}

const (
	starting = "starting"
	idle     = "idle"
	busy     = "busy"
)

// pool holds the processes of one function.
type pool struct {
	runtime      *Runtime
	function     Function
	log          *lineLog
	api          string // host:port of the Runtime API
	idleTimeout  time.Duration
	maxProcesses int
	initLimit    time.Duration
	freezes      bool

	mu         sync.Mutex
	command    string              // the binary that new processes run
	processes  map[string]*process // by token; a process leaves when it ends or is told to
	idle       []*process          // the most recently used last
	doomed     []*process          // told to end, not yet reaped
	coldStarts int
	closed     bool
}

// acquire takes the most recently used idle process, else room for a new one. It never waits.
func (p *pool) acquire() (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if last := len(p.idle) - 1; last >= 0 {
		free := p.idle[last]
		p.idle = p.idle[:last]
		free.rest.Stop()
		free.state = busy
		return free, nil
	}
	limit := p.maxProcesses
	if p.function.Concurrency > 0 {
		limit = min(limit, p.function.Concurrency)
	}
	if len(p.processes) >= limit {
		return nil, ErrThrottled
	}
	return p.add(), nil
}

func (p *pool) started(cold *process, pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cold.pid = pid
	p.coldStarts++
}

func (p *pool) began(on *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	on.state = busy
	on.invocations++
}

// replace makes a process in the place of one that died while it was idle.
func (p *pool) replace() (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	return p.add(), nil
}

func (p *pool) add() *process {
	fresh := newProcess(p)
	p.processes[fresh.token] = fresh
	return fresh
}

func (p *pool) find(token string) *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.processes[token]; found != nil {
		return found
	}
	// One that is told to end may still answer the event that it has.
	i := slices.IndexFunc(p.doomed, func(d *process) bool { return d.token == token })
	if i < 0 {
		return nil
	}
	return p.doomed[i]
}

// free puts a process that has done its event back, or ends it when it is no longer wanted.
func (p *pool) free(done *process) {
	if p.freezes {
		done.freeze() // before anybody else can get it
	}
	p.mu.Lock()
	wanted := p.processes[done.token] == done
	if wanted {
		done.state = idle
		p.idle = append(p.idle, done)
		done.rest = time.AfterFunc(p.idleTimeout, func() { p.retire(done) })
	}
	p.mu.Unlock()
	if !wanted {
		done.terminate()
	}
}

// retire ends a process that nobody has used for the idle time.
func (p *pool) retire(unused *process) {
	p.mu.Lock()
	i := slices.Index(p.idle, unused)
	if i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		p.doom(unused)
	}
	p.mu.Unlock()
	if i >= 0 {
		unused.terminate()
	}
}

// doom takes a process off the list of those that may get events; mu is held.
func (p *pool) doom(condemned *process) {
	delete(p.processes, condemned.token)
	p.doomed = append(p.doomed, condemned)
}

// discard kills a process that has gone past a deadline.
func (p *pool) discard(condemned *process) {
	p.mu.Lock()
	if p.processes[condemned.token] == condemned {
		p.doom(condemned)
	}
	p.mu.Unlock()
	condemned.kill()
}

// forget removes a process that has ended.
func (p *pool) forget(ended *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.processes, ended.token)
	same := func(other *process) bool { return other == ended }
	p.idle = slices.DeleteFunc(p.idle, same)
	p.doomed = slices.DeleteFunc(p.doomed, same)
	if ended.rest != nil {
		ended.rest.Stop()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	all := p.everyone()
	p.mu.Unlock()
	for _, one := range all {
		one.terminate()
	}
}

func (p *pool) kill() {
	p.mu.Lock()
	all := p.everyone()
	p.mu.Unlock()
	for _, one := range all {
		one.kill()
	}
}

func (p *pool) everyone() []*process {
	all := slices.Clone(p.doomed)
	for _, one := range p.processes {
		all = append(all, one)
	}
	return all
}

func (p *pool) stats() FunctionStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := FunctionStats{Name: p.function.Name, ColdStarts: p.coldStarts, Processes: []ProcessStats{}}
	for _, one := range p.processes {
		if one.pid > 0 { // not before there is a process to show
			stats.Processes = append(stats.Processes, ProcessStats{one.pid, one.state, one.invocations})
		}
	}
	slices.SortFunc(stats.Processes, func(a, b ProcessStats) int { return cmp.Compare(a.PID, b.PID) })
	return stats
}
