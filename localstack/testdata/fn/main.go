// Command fn is every function of the little system that the stack is tested with: its name says what it does.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	switch os.Getenv("AWS_LAMBDA_FUNCTION_NAME") {
	case "db-migrate":
		if os.Getenv("MIGRATION") == "broken" {
			return nil, errors.New("the migration is broken")
		}
		return nil, os.WriteFile(os.Getenv("LOG_LEVEL"), []byte("migrated"), 0o600) // a path, in this little system
	case "health-ready":
		return map[string]any{"statusCode": 200, "body": "ready"}, nil
	case "environment":
		return environment(), nil
	case "failing":
		return nil, errors.New("no luck")
	case "sleeping":
		<-ctx.Done()
		time.Sleep(time.Minute) // beyond the deadline
	case "worker": // a consumer: works until its time is nearly over
		<-ctx.Done()
	}
	return event, nil
}

func environment() map[string]string {
	all := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all
}
