package runtime

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Replace makes command the binary of a function. New processes run it. Those that run the old one get no more
// events: idle ones end, busy ones when their event is done, or with interrupt at once, and their events end with
// ErrReplaced. It does not wait for them. It returns ErrUnknown.
func (r *Runtime) Replace(function, command string, interrupt bool) error {
	p := r.pools[function]
	if p == nil {
		return fmt.Errorf("%w: %s", ErrUnknown, function)
	}
	command, err := filepath.Abs(command)
	if err != nil {
		return err
	}
	for _, old := range p.renew(command, interrupt) {
		old.supersede()
	}
	return nil
}

// renew returns the processes that are to end now.
func (p *pool) renew(command string, interrupt bool) []*process {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.command = command
	ending := slices.Clone(p.idle)
	p.idle = nil
	for _, one := range p.processes {
		if interrupt && one.state != idle {
			ending = append(ending, one)
		}
		p.doom(one)
	}
	return ending
}

// current is the function with the binary of now.
func (p *pool) current() Function {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.function
	f.Command = p.command
	return f
}

// supersede ends a process; what it worked on fails with ErrReplaced.
func (p *process) supersede() {
	p.mu.Lock()
	p.replaced = !p.condemned
	p.mu.Unlock()
	p.terminate()
}
