package auth

import "slices"

// firstDemo is the demo user for whoever names none.
const firstDemo = "demo"

// DemoLogins lists the demo users, by name, that anybody may sign in as at a stage; never nil. The
// administrator is one on a developer's machine only.
func DemoLogins(stage string) []string {
	switch stage {
	case "local":
		return []string{firstDemo, "demo2", "admin"}
	case "demo":
		return []string{firstDemo, "demo2"}
	default:
		return []string{}
	}
}

func isDemo(stage, username string) bool { return slices.Contains(DemoLogins(stage), username) }
