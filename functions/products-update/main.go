// Command products-update serves PATCH /api/products/{id}: it changes a product.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.Update) }
