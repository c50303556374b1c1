package session

import (
	"context"
	"slices"

	"mercato/shared/platform/fault"
)

// Caller is the user behind a request. The zero Caller is nobody.
type Caller struct {
	SessionID string // the token's sid, a UUID
	UserID    int64
	Username  string
	Email     string
	Role      Role
}

// Can says whether the caller's role carries the permission.
func (c Caller) Can(permission Rule) bool {
	return slices.Contains(c.Role.Permissions(), permission)
}

// Allow checks a rule: Unauthenticated when a session is needed and there is none, Forbidden when the
// role does not carry the permission.
func (c Caller) Allow(rule Rule) error {
	switch {
	case rule == Anyone || rule == Visitor:
		return nil
	case c.UserID == 0:
		return fault.New(fault.Unauthenticated, "", "Sign in first.")
	case rule == User || c.Can(rule):
		return nil
	default:
		return fault.New(fault.Forbidden, "", "Your role does not allow this.")
	}
}

type key struct{}

// With returns a context in which c is calling.
func With(ctx context.Context, c Caller) context.Context { return context.WithValue(ctx, key{}, c) }

// From returns who is calling; the zero Caller when nobody is known.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(key{}).(Caller)
	return c
}
