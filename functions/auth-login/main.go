// Command auth-login serves POST /api/auth/login: it opens a session for an email and its password.
package main

import (
	"mercato/shared/auth"
	"mercato/shared/platform/aws/secrets"
	"mercato/shared/platform/function"
)

func main() { function.HTTP(auth.Login, secrets.Client) }
