package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// newAPI makes huma ready on an adapter: no routes of its own, no links added to answers.
func newAPI(adapter huma.Adapter) huma.API {
	configure()
	c := huma.DefaultConfig("Mercato", "1")
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	return huma.NewAPI(c, adapter)
}

// schemaName puts the package before the type: two domains may both have a Product.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	path := t.PkgPath()
	from := path[strings.LastIndex(path, "/")+1:]
	if from == "" || t.Name() == "" {
		return name
	}
	return strings.ToUpper(from[:1]) + from[1:] + name
}
