// Command not-found answers what no route takes: 404, 405, or 308 to the path without its last slash.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.NotFound) }
