// Command orders-cancel serves POST /api/orders/{id}/cancel: it cancels an order.
package main

import (
	"mercato/shared/orders"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(orders.Cancel) }
