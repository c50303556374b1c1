// Command products-public-list serves GET /api/products/public: it lists all products.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.PublicList) }
