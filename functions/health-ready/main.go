// Command health-ready serves GET /health/ready: it tells whether Postgres and Redis answer, and how far the events are behind.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.Ready) }
