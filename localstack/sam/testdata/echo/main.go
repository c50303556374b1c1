// Command echo answers the event that it was invoked with; to HEAD in a header.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context, event json.RawMessage) (events.APIGatewayV2HTTPResponse, error) {
		var request events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal(event, &request); err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
		headers := map[string]string{"Content-Type": "application/json"}
		if request.RequestContext.HTTP.Method == "HEAD" {
			headers["X-Event"] = string(event)
		}
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: headers, Body: string(event)}, nil
	})
}
