// Command auth-logout serves POST /api/auth/logout: it ends the caller's session.
package main

import (
	"mercato/shared/auth"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(auth.Logout) }
