// Command products-consume reads orders_stream and order_cancellations_stream: it takes the stock of orders, and gives it
// back.
package main

import (
	"mercato/shared/platform/aws/sqs"
	"mercato/shared/platform/function"
	"mercato/shared/products"
)

func main() { function.Consume(products.Consume, sqs.Client) }
