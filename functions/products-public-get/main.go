// Command products-public-get serves GET /api/products/public/{id}: it shows a product to anyone.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.PublicGet) }
