package password_test

import (
	"strings"
	"testing"

	"mercato/shared/platform/password"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"demotest", strings.Repeat("x", 72), "\x00nul", "пароль🔑"} {
		hash := password.Hash(secret)
		if !password.Matches(hash, secret) {
			t.Errorf("%q does not match its own hash", secret)
		}
		if password.Matches(hash, secret+"x") || password.Matches(hash, secret[1:]) {
			t.Errorf("a neighbour of %q matches", secret)
		}
	}
}

func TestMatchesNobody(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{"", "rubbish", "$argon2id$v=19$m=19456,t=2,p=1$!$x"} {
		if password.Matches(hash, "") || password.Matches(hash, "demotest") {
			t.Errorf("hash %q matches", hash)
		}
	}
}

func TestHashIsSalted(t *testing.T) {
	t.Parallel()
	if one, two := password.Hash("same"), password.Hash("same"); one == two {
		t.Error("two hashes of one password are equal")
	}
}
