// Command products-get serves GET /api/products/{id}: it shows a product.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.Get) }
