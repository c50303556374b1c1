package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"mercato/shared/platform"
	"mercato/shared/platform/session"
)

// Endpoint is one operation of the API. In and Out are huma's input and output structs.
type Endpoint[S, In, Out any] struct {
	Name, Route, Summary string // "orders-create", "POST /api/orders", "Place an order"
	Allow                session.Rule
	Rate                 Class
	Status               int                   // of success
	Open                 func(*platform.Env) S // what it needs, by opening it
	Serve                func(S, context.Context, *In) (*Out, error)
}

// Class is the rate class of an endpoint.
type Class string

// The rate classes; Free is not limited.
const (
	Free  Class = "free"
	Auth  Class = "auth"
	Order Class = "order"
	Write Class = "write"
	Read  Class = "read"
)

// Operation is an endpoint without its types.
type Operation interface {
	Spec() Spec
	Handler(env *platform.Env) http.Handler
	Describe(document huma.API)
}

// Spec is what template.yaml, the OpenAPI document and the access matrix must say of an endpoint.
type Spec struct {
	platform.Spec

	Method, Path, Summary string // Method is empty for the fallback, whose Path is "$default"
	Allow                 session.Rule
	Rate                  Class
}

// Spec returns the endpoint's face.
func (e Endpoint[S, In, Out]) Spec() Spec {
	env := platform.Recording()
	e.Open(env)
	method, path, _ := strings.Cut(e.Route, " ")
	return Spec{platform.Spec{Name: e.Name, Needs: env.Needs()}, method, path, e.Summary, e.Allow, e.Rate}
}

// Handler opens the endpoint and returns it as HTTP, with everything that stands before it.
func (e Endpoint[S, In, Out]) Handler(env *platform.Env) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", refuse(http.StatusNotFound))
	e.register(newAPI(humago.NewAdapter(mux, "")), e.Open(env))
	return guarded(mux, env, e.Spec(), bodyOf[In]())
}

// Describe adds the endpoint to an OpenAPI document.
func (e Endpoint[S, In, Out]) Describe(document huma.API) {
	var nobody S
	e.register(document, nobody)
}

func (e Endpoint[S, In, Out]) register(api huma.API, service S) {
	spec := e.Spec()
	operation := huma.Operation{
		OperationID: e.Name, Method: spec.Method, Path: spec.Path, Summary: e.Summary, DefaultStatus: e.Status,
		Tags: []string{domain(e.Name)}, RejectUnknownQueryParameters: true, MaxBodyBytes: maxBody,
		Extensions: map[string]any{"x-allow": string(e.Allow), "x-rate": string(e.Rate)},
	}
	huma.Register(api, operation, func(ctx context.Context, in *In) (*Out, error) {
		out, err := e.Serve(service, ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
	if _, ok := reflect.TypeFor[In]().FieldByName("IfNoneMatch"); ok { // afterwards: two answers make huma drop the default one
		api.OpenAPI().Paths[spec.Path].Get.Responses["304"] = &huma.Response{Description: "What the client has is still current"}
	}
}

func domain(name string) string {
	d, _, _ := strings.Cut(name, "-")
	return d
}
