package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"mercato/shared/platform/fault"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	gone := fault.New(fault.NotFound, "", "no such order")
	for name, c := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"own":             {gone, fault.NotFound},
		"wrapped":         {fmt.Errorf("orders.Get(7): %w", gone), fault.NotFound},
		"foreign":         {io.ErrUnexpectedEOF, fault.Internal},
		"nothing":         {nil, fault.Internal},
		"outermost wins":  {&fault.Error{Kind: fault.Unavailable, Err: gone}, fault.Unavailable},
		"field is a rule": {fault.At("body.name", "is empty"), fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fault.KindOf(c.err); got != c.want {
				t.Errorf("KindOf = %d, want %d", got, c.want)
			}
		})
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	get := func(cause error) (err error) {
		defer fault.Wrap(&err, "orders.Get(%d)", 7)
		return cause
	}
	if err := get(nil); err != nil {
		t.Errorf("Wrap made an error out of nil: %v", err)
	}
	err := get(io.EOF)
	if !errors.Is(err, io.EOF) || err.Error() != "orders.Get(7): EOF" {
		t.Errorf("Wrap = %v", err)
	}
}
