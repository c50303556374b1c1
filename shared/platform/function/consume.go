package function

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"mercato/shared/platform"
	"mercato/shared/platform/stream"
)

// Consume runs a subscription: each invocation reads and applies entries until its time is up. It does
// not return.
func Consume[S any](sub stream.Subscription[S], grants ...platform.Grant) {
	env := open(sub.Name, grants)
	consumer := sub.Consumer(env)
	env.Connected()
	lambda.Start(func(ctx context.Context) error { return consumer.Run(ctx) })
}
