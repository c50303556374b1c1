// Command products-my-home serves GET /api/products/my-home: it lists what the caller can buy.
package main

import (
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.HTTP(products.MyHome) }
