package auth_test

import (
	"errors"
	"strings"
	"testing"

	"mercato/shared/auth"
	"mercato/shared/platform/fault"
)

const (
	fourBytes = "🔑" // in UTF-8
	longHost  = "@example.com"
)

func TestNewAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		username, email, password string
		location                  string // of the refusal; empty when there is none
	}{
		"shortest username":       {"abc", "a@b", secret, ""},
		"longest username":        {strings.Repeat("Z", 30), "a@b", secret, ""},
		"digits":                  {"007", "a@b", secret, ""},
		"two letters":             {"ab", "a@b", secret, "body.username"},
		"31 letters":              {strings.Repeat("z", 31), "a@b", secret, "body.username"},
		"underscore":              {"an_na", "a@b", secret, "body.username"},
		"space":                   {"an na", "a@b", secret, "body.username"},
		"line end":                {"anna\n", "a@b", secret, "body.username"},
		"foreign letter":          {"änna", "a@b", secret, "body.username"},
		"foreign digit":           {"ann٣", "a@b", secret, "body.username"},
		"no username":             {"", "a@b", secret, "body.username"},
		"8 bytes":                 {"anna", "a@b", "12345678", ""},
		"7 bytes":                 {"anna", "a@b", "1234567", "body.password"},
		"72 bytes":                {"anna", "a@b", strings.Repeat("x", 72), ""},
		"73 bytes":                {"anna", "a@b", strings.Repeat("x", 73), "body.password"},
		"2 characters of 4 bytes": {"anna", "a@b", strings.Repeat(fourBytes, 2), ""},
		"18 of 4 bytes":           {"anna", "a@b", strings.Repeat(fourBytes, 18), ""},
		"19 of 4 bytes":           {"anna", "a@b", strings.Repeat(fourBytes, 19), "body.password"},
		"spaces":                  {"anna", "a@b", "        ", ""},
		"control characters":      {"anna", "a@b", "\x00\x01\n\t\x7f\x00\x00\x00", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := auth.NewAccount(c.username, c.email, c.password, c.password)
			if got := location(t, err); got != c.location {
				t.Errorf("refused at %q, want %q", got, c.location)
			}
		})
	}
}

func TestNewAccountRepeat(t *testing.T) {
	t.Parallel()
	for _, repeated := range []string{"", secret + " ", "Correct horse", secret[1:]} {
		_, err := auth.NewAccount("anna", "a@b", secret, repeated)
		if got := location(t, err); got != "body.repeat_password" {
			t.Errorf("%q: refused at %q", repeated, got)
		}
	}
}

func TestNewAccountEmail(t *testing.T) {
	t.Parallel()
	local := strings.Repeat("x", 254-len(longHost))
	good := []string{
		"a@b", "anna@example.com", "ANNA@Example.COM", "anna+tag@example.com", "o'brien@example.co.uk", "_@example.com",
		"!#$%&'*+-/=?^_`{|}~@example.com", `"anna maria"@example.com`, `"anna"@example.com`, `"a\"b"@example.com`, `"a@b"@example.com`,
		`"very.(),:;<>[]\".VERY.\"very@\\ \"very\".unusual"@strange.example.com`, "anna@[127.0.0.1]", "anna@xn--exmple-cua.com",
		"änna@exämple.com", "用户@例子.广告", local + longHost,
	}
	bad := []string{
		"", "anna", "anna@", "@example.com", "anna@@example.com", "anna@b@example.com", "an na@example.com", "anna @example.com",
		"anna@ example.com", " anna@example.com", "anna@example.com ", "anna@example.com\n", "anna\r\nBcc: b@c@example.com", "an\x00na@example.com",
		"Anna <anna@example.com>", "<anna@example.com>", "anna@example.com (Anna)", "(Anna)anna@example.com", "anna@example.com, b@example.com",
		".anna@example.com", "anna.@example.com", "an..na@example.com", "anna@.example.com", "anna@example..com", "anna@[300.1.1.1]", "anna@[", `""@example.com`,
		`"anna@example.com`, "anna\u00a0@example.com", "anna\u200b@example.com", "anna\u202e@example.com", "anna@exam\u00adple.com", "\xffanna@example.com",
		local + "x" + longHost, strings.Repeat("ä", 122) + longHost,
	}
	for _, email := range good {
		a, err := auth.NewAccount("anna", email, secret, secret)
		if err != nil || a.Email != email {
			t.Errorf("%q: stored as %q, %v", email, a.Email, err)
		}
	}
	for _, email := range bad {
		_, err := auth.NewAccount("anna", email, secret, secret)
		if got := location(t, err); got != "body.email" {
			t.Errorf("%q: refused at %q", email, got)
		}
	}
}

// location returns where a refusal points, empty for none.
func location(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != fault.Invalid || len(e.Fields) != 1 {
		t.Fatalf("refused with %#v", err)
	}
	return e.Fields[0].Location
}
