package function

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"

	"mercato/shared/platform"
)

// Run runs a task: once an invocation, with the event decoded as In. It does not return.
func Run[S, In, Out any](t platform.Task[S, In, Out], grants ...platform.Grant) {
	env := open(t.Name, grants)
	service := t.Open(env)
	env.Connected()
	lambda.Start(func(ctx context.Context, in In) (Out, error) {
		return t.Do(service, ctx, in)
	})
}
