// Command ops-order serves GET /api/ops/orders/{id}: it tells one order's whole story.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.OrderStory) }
