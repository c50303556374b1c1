// Command orders-consume reads inventory_stream and products_stream: it settles orders and keeps the catalogue.
package main

import (
	"mercato/shared/orders"
	"mercato/shared/platform/aws/sqs"
	"mercato/shared/platform/function"
)

func main() { function.Consume(orders.Consume, sqs.Client) }
