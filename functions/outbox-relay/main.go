// Command outbox-relay sends events again until every reader has confirmed them; a schedule invokes it.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.Run(ops.Relay) }
