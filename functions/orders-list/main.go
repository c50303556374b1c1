// Command orders-list serves GET /api/orders: it lists the caller's orders.
package main

import (
	"mercato/shared/orders"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(orders.List) }
