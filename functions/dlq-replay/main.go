// Command dlq-replay replays dead letters that are due and looks after their messages; a schedule invokes it.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/aws/sqs"
	"mercato/shared/platform/function"
)

func main() { function.Run(ops.ReplayDead, sqs.Client) }
