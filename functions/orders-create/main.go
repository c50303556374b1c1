// Command orders-create serves POST /api/orders: it places an order.
package main

import (
	"mercato/shared/orders"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(orders.Create) }
