// Package functions lists what the directories beside it run: every endpoint value and every worker.
// The OpenAPI document, the tables of the documents and the comparison with template.yaml read this list.
package functions

import (
	"slices"

	"mercato/migrations"
	"mercato/shared/auth"
	"mercato/shared/ops"
	"mercato/shared/orders"
	"mercato/shared/platform"
	"mercato/shared/platform/api"
	"mercato/shared/products"
)

// Endpoints lists every endpoint, domain by domain.
func Endpoints() []api.Operation {
	return slices.Concat(auth.Endpoints(), products.Endpoints(), orders.Endpoints(), ops.Endpoints())
}

// Workers lists what no request starts: consumers and tasks.
func Workers() []platform.Spec {
	return []platform.Spec{products.Consume.Spec(), orders.Consume.Spec(), ops.Relay.Spec(), ops.ReplayDead.Spec(), migrations.Migrate.Spec()}
}
