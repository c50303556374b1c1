// Command ops-streams serves GET /api/ops/streams: it shows the streams and how far their readers are.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.ListStreams) }
