// Command health serves GET /health: it answers as long as it runs, and asks nobody else.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.Health) }
