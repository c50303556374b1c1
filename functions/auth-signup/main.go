// Command auth-signup serves POST /api/auth/signup: it makes a user.
package main

import (
	"mercato/shared/auth"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(auth.Signup) }
