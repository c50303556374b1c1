package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Document describes the operations as OpenAPI 3.1. The fallback is not an operation.
func Document(operations []Operation) *huma.OpenAPI {
	api := newAPI(collector{})
	for _, o := range operations {
		o.Describe(api)
	}
	document := api.OpenAPI()
	document.Info.Description = "A marketplace where every user sells and buys."
	document.Info.License = &huma.License{Name: "MIT", Identifier: "MIT"}
	document.Servers = []*huma.Server{{URL: "/", Description: "The origin that serves the shop"}}
	document.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: "__Host-token", Description: "Access token; plain `token` on one machine"},
	}
	return document
}

// collector is an adapter that routes nothing: two routes of the document may conflict in one
// ServeMux, which no function ever has.
type collector struct{}

func (collector) Handle(*huma.Operation, func(huma.Context)) {}

func (collector) ServeHTTP(http.ResponseWriter, *http.Request) {}
