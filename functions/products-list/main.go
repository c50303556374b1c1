// Command products-list serves GET /api/products: it lists the caller's products.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.List) }
