// Command ops-dlq-replay serves POST /api/ops/dlq/replay: it sends the events of dead letters again.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.ReplayLetters) }
