// Command ops-dlq-list serves GET /api/ops/dlq: it lists dead letters.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.ListLetters) }
