// Command products-catalog-rebuild serves POST /api/products/catalog/rebuild: it publishes every live product again.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.Rebuild) }
