package products_test

import (
	"os"
	"testing"
)

// scaled is how often a test repeats what it does: little in every run, much when TEST_SCALE is full.
func scaled(t testing.TB, little, full int) int {
	t.Helper()
	if os.Getenv("TEST_SCALE") == "full" {
		return full
	}
	return little
}
