// Command greet depends on the greeting.
package main

import (
	"tiny/shared/greeting"
	"tiny/shared/lambda"
)

func main() { lambda.Answer(greeting.Text + greeting.From()) }
