package runtime

import (
	"bytes"
	"io"
	"sync"
)

// longestLine bounds what is held back while a line is not complete.
const longestLine = 64 << 10

// lineLog is the one stream that every process's output goes to.
type lineLog struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *lineLog) write(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.out.Write(text) // a log that cannot be written must not stop the functions
}

// lineWriter turns one process's output into whole prefixed lines.
type lineWriter struct {
	log    *lineLog
	prefix string

	mu   sync.Mutex
	rest []byte // the beginning of a line
}

// Write never fails, so that no process is stopped by its own output.
func (w *lineWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, text...)
	var out []byte
	for {
		end := bytes.IndexByte(w.rest, '\n')
		if end < 0 && len(w.rest) < longestLine {
			break
		}
		if end < 0 {
			end = longestLine - 1
		}
		out = append(append(out, w.prefix...), w.rest[:end+1]...)
		if w.rest[end] != '\n' {
			out = append(out, '\n')
		}
		w.rest = w.rest[end+1:]
	}
	if len(out) > 0 {
		w.log.write(out)
	}
	return len(text), nil
}

func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rest) > 0 {
		w.log.write(append(append([]byte(w.prefix), w.rest...), '\n'))
		w.rest = nil
	}
}
