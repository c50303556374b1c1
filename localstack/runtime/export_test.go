package runtime

import "time"

// SetInitLimit shortens the 10 s that a process has for its start.
func (r *Runtime) SetInitLimit(limit time.Duration) {
	for _, p := range r.pools {
		p.initLimit = limit
	}
}

// API is the address of the Runtime API.
func (r *Runtime) API() string {
	for _, p := range r.pools {
		return p.api
	}
	return ""
}

// MaxRequest and MaxResponse are the limits in bytes.
const (
	MaxRequest  = maxRequest
	MaxResponse = maxResponse
)
