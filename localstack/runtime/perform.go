package runtime

import (
	"errors"
	"fmt"
	"time"
)

// initLimit is how long a new process may take to ask for its first event, as on AWS.
const initLimit = 10 * time.Second

// perform sees an event through on a process: start, hand over, deadline, and back into the pool.
func (p *pool) perform(on *process, event *invocation) {
	defer close(event.finished)
	on = p.handOver(on, event)
	if on == nil {
		return // handOver has settled the event
	}
	deadline := time.NewTimer(time.Until(event.deadline))
	defer deadline.Stop()
	select {
	case <-event.answered:
	case <-on.exited:
		p.fail(event, on.exitError())
		return
	case <-deadline.C:
		p.fail(event, fmt.Errorf("%s: %w after %s", p.function.Name, ErrTimeout, p.function.Timeout))
		p.end(on)
		return
	}
	// A process is free when it asks for its next event, not when it answers: it may still end in
	// between, and that must not cost the next event.
	select {
	case <-event.returned:
		p.free(on)
	case <-on.exited:
	case <-deadline.C:
		p.end(on)
	}
}

// handOver returns the process that took the event; nil when none did and the event is settled.
func (p *pool) handOver(on *process, event *invocation) *process {
	for {
		cold, err := on.start()
		if err != nil {
			p.forget(on)
			p.fail(event, err)
			return nil
		}
		on.thaw()
		limit := time.NewTimer(p.initLimit)
		on.work <- event
		select {
		case <-event.taken:
			limit.Stop()
			return on
		case <-on.exited:
			limit.Stop()
			if event.isTaken() {
				return on
			}
		case <-limit.C:
			p.end(on)
			p.fail(event, &FunctionError{"Runtime.InitTimeout", fmt.Sprintf("asked for no event within %s of its start", p.initLimit)})
			return nil
		}
		if cold {
			p.fail(event, on.exitError())
			return nil
		}
		// It died while idle and never saw the event: another may have it.
		if on, err = p.replace(); err != nil {
			p.fail(event, err)
			return nil
		}
	}
}

// end kills a process and waits until it is reaped, so that nothing of it runs when the caller hears.
func (p *pool) end(condemned *process) {
	p.discard(condemned)
	<-condemned.exited
}

// fail settles an event that the function could not answer, and says so in its log, as Lambda does. That
// Close or Replace ends the events under way is no news.
func (p *pool) fail(event *invocation, err error) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if event.settle(nil, err) && !closed && !errors.Is(err, ErrReplaced) {
		p.log.write(fmt.Appendf(nil, "%s | event %s: %v\n", p.function.Name, event.id, err))
	}
}
