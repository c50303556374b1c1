package session_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/session"
)

// Who may do what: y, n for Forbidden, - for Unauthenticated.
//
//nolint:dupword // a table, not prose
const table = `
                   nobody USER MODERATOR OPERATOR ADMIN GUEST
anyone             y      y    y         y        y     y
visitor            y      y    y         y        y     y
user               -      y    y         y        y     y
products:moderate  -      n    y         n        y     n
orders:read-any    -      n    y         n        y     n
ops:read           -      n    n         y        y     n
ops:replay         -      n    n         y        y     n
users:read         -      n    n         n        y     n
users:write        -      n    n         n        y     n
dishes:wash        -      n    n         n        n     n
`

func TestAllow(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	roles := strings.Fields(lines[0])
	var got strings.Builder
	for _, line := range lines[1:] {
		rule, _, _ := strings.Cut(line, " ")
		for i, role := range roles {
			c := session.Caller{UserID: 7, Role: session.Role(role)}
			if role == "nobody" {
				c = session.Caller{}
			}
			want := strings.Fields(line)[i+1]
			if answer := verdict(c.Allow(session.Rule(rule))); answer != want {
				fmt.Fprintf(&got, "%s %s: %s, want %s\n", role, rule, answer, want)
			}
		}
	}
	if got.Len() > 0 {
		t.Error(got.String())
	}
}

func verdict(err error) string {
	switch {
	case err == nil:
		return "y"
	case fault.KindOf(err) == fault.Forbidden:
		return "n"
	case fault.KindOf(err) == fault.Unauthenticated:
		return "-"
	default:
		return err.Error()
	}
}

// A list that a role's holder sees is a list, even when there is nothing on it, and nobody else's.
func TestPermissions(t *testing.T) {
	t.Parallel()
	if list := session.RoleUser.Permissions(); list == nil || len(list) != 0 {
		t.Errorf("a user's: %#v", list)
	}
	session.RoleAdmin.Permissions()[0] = "spoilt"
	for _, p := range session.RoleAdmin.Permissions() {
		if p == session.User || p == "spoilt" || !(session.Caller{UserID: 1, Role: session.RoleAdmin}).Can(p) {
			t.Errorf("an administrator's: %s", p)
		}
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	if c := session.From(t.Context()); c != (session.Caller{}) {
		t.Errorf("in no context: %+v", c)
	}
	if c := session.From(context.WithoutCancel(session.With(t.Context(), caller))); c != caller {
		t.Errorf("got %+v", c)
	}
}
