// Command auth-session serves GET /api/auth/session: it tells who the caller is and what he may do.
package main

import (
	"mercato/shared/auth"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(auth.Session) }
