// Command orders-sales serves GET /api/orders/sales: it lists what the caller has sold.
package main

import (
	"mercato/shared/orders"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(orders.Sales) }
