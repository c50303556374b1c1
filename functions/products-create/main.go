// Command products-create serves POST /api/products: it lists a product for sale.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.Create) }
