// Command ops-audit serves GET /api/ops/audit: it shows who did what by hand.
package main

import (
	"mercato/shared/ops"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(ops.ListAudit) }
