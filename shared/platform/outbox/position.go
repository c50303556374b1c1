package outbox

import (
	"fmt"
	"strconv"
	"strings"
)

// position is an entry's place in its stream: milliseconds, and a number within one.
type position struct{ ms, n uint64 }

// last is the last position that a stream can have.
var last = position{1<<64 - 1, 1<<64 - 1}

func parsePosition(id string) (p position, err error) {
	ms, n, _ := strings.Cut(id, "-")
	if p.ms, err = strconv.ParseUint(ms, 10, 64); err == nil {
		p.n, err = strconv.ParseUint(n, 10, 64)
	}
	if err != nil {
		return p, fmt.Errorf("%q is no position in a stream", id)
	}
	return p, nil
}

// String writes it as Redis does.
func (p position) String() string {
	return strconv.FormatUint(p.ms, 10) + "-" + strconv.FormatUint(p.n, 10)
}

func (p position) before(q position) bool { return p.ms < q.ms || p.ms == q.ms && p.n < q.n }

func earlier(a, b position) position {
	if a.before(b) {
		return a
	}
	return b
}
