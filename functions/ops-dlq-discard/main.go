// Command ops-dlq-discard serves POST /api/ops/dlq/discard: it gives dead letters up.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.DiscardLetters) }
