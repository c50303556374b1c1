package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// given answers the shop that TEST_BASE_URL names, which somebody else has started; nil when the tests start their own.
// TEST_STACK_FILE, or stack.json of MERCATO_HOME, leads to its databases.
func given() *stack {
	url := strings.TrimRight(os.Getenv("TEST_BASE_URL"), "/")
	if url == "" {
		return nil
	}
	s := &stack{url: url}
	if file := os.Getenv("TEST_STACK_FILE"); file != "" {
		s.home = filepath.Dir(file)
	} else if home := os.Getenv("MERCATO_HOME"); home != "" {
		s.home = home
	}
	return s
}

// needOwn skips a test that kills or sets up the stack it runs on, where the shop is somebody else's.
func needOwn(t *testing.T) {
	t.Helper()
	if given() != nil {
		t.Skip("it needs a stack of its own, and TEST_BASE_URL names the one to test")
	}
}

// needInside skips a test that looks into the databases of a shop that shows only its front.
func needInside(t *testing.T, s *stack) {
	t.Helper()
	if s.home == "" {
		t.Skip("it looks into the databases: name the stack's file with TEST_STACK_FILE")
	}
}
