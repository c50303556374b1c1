package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// journal is the one log stream of a stack: the functions' lines and the stack's own.
type journal struct {
	mu    sync.Mutex
	out   io.Writer
	began time.Time
}

func newJournal(out io.Writer) *journal { return &journal{out: out, began: time.Now()} }

// Write takes whole lines.
func (j *journal) Write(lines []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.Write(lines)
}

// say writes a line of the stack's own, with the time since it began.
func (j *journal) say(format string, a ...any) {
	fmt.Fprintf(j, "stack | %6.2fs %s\n", time.Since(j.began).Seconds(), fmt.Sprintf(format, a...))
}
