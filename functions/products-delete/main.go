// Command products-delete serves DELETE /api/products/{id}: it archives a product.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.Delete) }
