// Command auth-demo-login serves POST /api/auth/demo-login: it opens a session for a demo user, where there are any.
package main

import (
	"mercato/shared/auth"
	"mercato/shared/platform/aws/secrets"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(auth.DemoLogin, secrets.Client) }
