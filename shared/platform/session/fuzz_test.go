package session_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/session"
)

// What is taken as keys are keys, and writes itself back.
func FuzzParsePublicKeys(f *testing.F) {
	a, b := private(f, "a", 1).Public(), private(f, "b", 2).Public()
	for _, list := range []string{"", ",", ":", a, a + "," + b, a + ",", ",," + a, a[:10], "a:" + strings.Repeat("A", 43), "ä:" + a[2:], a + "\n", "a:\r" + a[2:]} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		keys, err := session.ParsePublicKeys(list)
		if err != nil {
			if keys != nil {
				t.Errorf("%q: keys beside %v", list, err)
			}
			return
		}
		for kid, key := range keys {
			if kid == "" || len(key) != ed25519.PublicKeySize {
				t.Errorf("%q: kid %q, key of %d bytes", list, kid, len(key))
			}
			again, err := session.ParsePublicKeys(kid + ":" + base64.RawURLEncoding.EncodeToString(key))
			if err != nil || !key.Equal(again[kid]) {
				t.Errorf("%q: %q does not come back: %v", list, kid, err)
			}
		}
	})
}

// No input is taken but a token that was signed; whoever can write one here holds the key.
func FuzzVerify(f *testing.F) {
	_, keys := good(f)
	token := forge(1, input(header(), payload())) // the same in every process of a fuzzing run
	forged := []string{
		token, token + "\n", token + ".", token[:len(token)-1], input(header().with("alg", "none"), payload()) + ".",
		forge(1, input(header().with("alg", "HS256"), payload())), forge(2, input(header(), payload())), "", "..", "e30.e30.e30",
	}
	for _, s := range forged {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := keys.Verify(s, now)
		if err == nil && (s != token || got != sid) {
			t.Errorf("took %q as the session %q", s, got)
		}
		if err != nil && fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%q: %v", s, err)
		}
	})
}
