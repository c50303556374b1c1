package runtime

import "syscall"

// freeze stops a process that has done its event, with all that it started. It must not be in the pool yet.
func (p *process) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.condemned || p.gone {
		return
	}
	signalGroup(p.cmd, syscall.SIGSTOP)
	p.frozen = true
}

// thaw lets a process go on that is about to get an event.
func (p *process) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.gone {
		p.wake()
	}
}

// wake is thaw with mu held, on a process that is not reaped.
func (p *process) wake() {
	if p.frozen {
		signalGroup(p.cmd, syscall.SIGCONT)
		p.frozen = false
	}
}
