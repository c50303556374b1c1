// Command db-migrate brings the database up to its schema; it is invoked after a deployment.
package main

import (
	"mercato/migrations"
	"mercato/shared/platform/function"
)

func main() { function.Run(migrations.Migrate) }
