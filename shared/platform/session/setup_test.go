package session_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"testing"
	"time"

	"mercato/shared/platform/session"
)

// now is the time of every test here.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const sid = "7f0f5f4e-3c0f-4a53-9a8e-0a4f0f6a2b11"

var caller = session.Caller{SessionID: sid, UserID: 7, Username: "anna", Email: "anna@example.com", Role: session.RoleUser}

// seed is the private half of the key n.
func seed(n byte) []byte { return append(make([]byte, ed25519.SeedSize-1), n) }

func private(t testing.TB, kid string, n byte) session.PrivateKey {
	t.Helper()
	secret, err := json.Marshal(map[string]string{"kid": kid, "private": base64.RawURLEncoding.EncodeToString(seed(n))})
	if err != nil {
		t.Fatal(err)
	}
	key, err := session.ParsePrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// ring holds the public halves of keys.
func ring(t testing.TB, list string) session.PublicKeys {
	t.Helper()
	keys, err := session.ParsePublicKeys(list)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// good is a token of the key "a", number 1, and the ring that knows it.
func good(t testing.TB) (token string, keys session.PublicKeys) {
	t.Helper()
	key := private(t, "a", 1)
	token, err := key.Sign(caller, now, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return token, ring(t, key.Public())
}

type members map[string]any

// header and payload are those of a token that is good.
func header() members { return members{"alg": "EdDSA", "typ": "JWT", "kid": "a"} }

func payload() members {
	return members{
		"iss": "mercato", "aud": []string{"mercato-api"}, "sub": "7", "iat": now.Unix(), "exp": now.Unix() + 600,
		"jti": "x", "sid": sid, "userId": 7, "role": "USER",
	}
}

func (m members) with(name string, value any) members { m[name] = value; return m }

func (m members) without(name string) members { delete(m, name); return m }

// input is what a token's signature covers.
func input(header, payload any) string { return segment(header) + "." + segment(payload) }

func segment(v any) string {
	blob, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(blob)
}

// forge signs by hand what no library would, with the key number n.
func forge(n byte, input string) string {
	signature := ed25519.Sign(ed25519.NewKeyFromSeed(seed(n)), []byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}
