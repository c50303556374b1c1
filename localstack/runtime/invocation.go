package runtime

import (
	"bytes"
	"sync"
	"time"

	"github.com/google/uuid"
)

// invocation is one event on its way through a process. It settles once: the first of answer, exit
// and deadline wins.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time // set before taken is closed

	taken    chan struct{} // the process has the event
	answered chan struct{} // result and err stand
	returned chan struct{} // the process asks for its next event
	finished chan struct{} // the process is free again, or gone

	settleOnce, returnOnce sync.Once

	result []byte
	err    error
}

func newInvocation(payload []byte) *invocation {
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	return &invocation{
		id:       uuid.NewString(),
		payload:  bytes.Clone(payload), // the caller may leave before the process has read it
		taken:    make(chan struct{}),
		answered: make(chan struct{}),
		returned: make(chan struct{}),
		finished: make(chan struct{}),
	}
}

// settle tells whether this call was the first, and therefore counts.
func (i *invocation) settle(result []byte, err error) (first bool) {
	i.settleOnce.Do(func() {
		i.result, i.err, first = result, err, true
		close(i.answered)
	})
	return first
}

func (i *invocation) leave() {
	i.returnOnce.Do(func() { close(i.returned) })
}

func (i *invocation) isTaken() bool {
	select {
	case <-i.taken:
		return true
	default:
		return false
	}
}
