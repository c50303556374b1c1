package auth

import (
	"net/mail"
	"strings"
	"time"
	"unicode"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/session"
)

// User is somebody who sells and buys here.
type User struct {
	ID        int64
	Username  string
	Email     string // as it was given; no other user has it, in whatever case
	Role      session.Role
	CreatedAt time.Time
}

// Account is what a user brings along to sign up, and keeps every rule.
type Account struct{ Username, Email, Password string }

const (
	shortestUsername = 3
	longestUsername  = 30
	longestEmail     = 254 // bytes: a mail path of 256 (RFC 5321, 4.5.3.1.3) without its angle brackets
	shortestPassword = 8   // bytes
	longestPassword  = 72  // bytes: as many as bcrypt reads, so that accounts can move between systems
)

// NewAccount checks what was typed in. Invalid, at the first field that breaks a rule.
func NewAccount(username, email, password, repeated string) (Account, error) {
	switch {
	case !isUsername(username):
		return Account{}, fault.At("body.username", "must be %d to %d letters and digits", shortestUsername, longestUsername)
	case !isEmail(email):
		return Account{}, fault.At("body.email", "must be an email address of at most %d bytes", longestEmail)
	case len(password) < shortestPassword || len(password) > longestPassword:
		return Account{}, fault.At("body.password", "must be %d to %d bytes long", shortestPassword, longestPassword)
	case repeated != password:
		return Account{}, fault.At("body.repeat_password", "must equal password")
	}
	return Account{username, email, password}, nil
}

func isUsername(s string) bool {
	strange := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}
	return len(s) >= shortestUsername && len(s) <= longestUsername && !strings.ContainsFunc(s, strange)
}

// isEmail takes a bare address, user@host in any form of RFC 5322. A display name, a comment or a space
// around it would be a second way to write somebody's address, and an invisible character a disguise.
func isEmail(s string) bool {
	invisible := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(s) > longestEmail || strings.TrimSpace(s) != s || strings.ContainsFunc(s, invisible) {
		return false
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return false
	}
	host := a.Address[strings.LastIndex(a.Address, "@"):]
	return strings.HasSuffix(s, host) // neither a bracket or a comment behind it, nor a space within
}
