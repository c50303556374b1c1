package function

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"mercato/shared/platform"
	"mercato/shared/platform/api"
)

// HTTP runs an endpoint behind API Gateway's HTTP API (payload 2.0). It does not return.
func HTTP(e api.Operation, grants ...platform.Grant) {
	env := open(e.Spec().Name, grants)
	handler := e.Handler(env)
	env.Connected()
	lambda.Start(func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return serve(ctx, handler, event)
	})
}

// serve answers one event. An event that is no request (a query with a space in it, bad base64) is a
// 400, never an error: an error would be a 5xx.
func serve(ctx context.Context, handler http.Handler, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	event.RawPath = (&url.URL{Path: event.RawPath}).EscapedPath() // it arrives decoded
	var accessor core.RequestAccessorV2
	r, err := accessor.EventToRequestWithContext(ctx, event)
	w := core.NewProxyResponseWriterV2()
	if err != nil {
		r, _ = http.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody)
		api.Refuse(w, r, http.StatusBadRequest)
	} else {
		handler.ServeHTTP(w, r)
	}
	answer, err := w.GetProxyResponse()
	if err != nil {
		return answer, fmt.Errorf("writing the answer: %w", err)
	}
	return answer, nil
}
