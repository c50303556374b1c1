// Command orders-get serves GET /api/orders/{id}: it shows an order with its timeline.
package main

import (
	"mercato/shared/orders"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(orders.Get) }
