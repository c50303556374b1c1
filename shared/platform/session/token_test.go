package session_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mercato/shared/platform/fault"
)

func TestSign(t *testing.T) {
	t.Parallel()
	token, _ := good(t)
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("token %s", token)
	}
	read := func(part string) (m map[string]any) {
		blob, err := base64.RawURLEncoding.DecodeString(part)
		if err == nil {
			err = json.Unmarshal(blob, &m)
		}
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if h := read(parts[0]); h["alg"] != "EdDSA" || h["kid"] != "a" {
		t.Errorf("header %v", h)
	}
	claims := read(parts[1])
	want := []string{"aud", "email", "exp", "iat", "iss", "jti", "role", "sid", "sub", "userId", "username"}
	if got := slices.Sorted(maps.Keys(claims)); !slices.Equal(got, want) {
		t.Errorf("claims %v, want %v", got, want)
	}
	id, _ := claims["jti"].(string)
	if uuid.Validate(id) != nil || claims["sub"] != "7" || claims["userId"] != 7.0 || claims["sid"] != sid || claims["role"] != "USER" ||
		claims["username"] != "anna" || claims["email"] != "anna@example.com" || claims["exp"] != float64(now.Unix()+600) {
		t.Errorf("claims %v", claims)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	token, keys := good(t)
	byHand := forge(1, input(header(), payload()))
	for name, c := range map[string]struct {
		token string
		at    time.Time
		ok    bool
	}{
		"fresh":                    {token, now, true},
		"by hand":                  {byHand, now, true},
		"last second":              {token, now.Add(10*time.Minute - time.Second), true},
		"just over, clocks differ": {token, now.Add(10*time.Minute + 29*time.Second), true},
		"expired":                  {token, now.Add(10*time.Minute + 31*time.Second), false},
		"expired long ago":         {token, now.AddDate(1, 0, 0), false},
		"from a clock ahead of us": {token, now.Add(-29 * time.Second), true},
		"from the future":          {token, now.Add(-31 * time.Second), false},
		"expiry that no clock has": {forge(1, input(header(), payload().with("exp", 1e300))), now, false},
		"audience as one text":     {forge(1, input(header(), payload().with("aud", "mercato-api"))), now, true},
		"one audience of several":  {forge(1, input(header(), payload().with("aud", []string{"x", "mercato-api"}))), now, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := keys.Verify(c.token, c.at)
			if c.ok && (err != nil || got != sid) {
				t.Errorf("got %q, %v", got, err)
			}
			if !c.ok {
				isRefused(t, got, err)
			}
		})
	}
}

// Every one of these is signed well, or claims to need no signature.
func TestVerifyRefusesForgeries(t *testing.T) {
	t.Parallel()
	token, keys := good(t)
	parts := strings.Split(token, ".")
	public := keys["a"]
	mac := func(secret []byte) string {
		in := input(header().with("alg", "HS256"), payload())
		h := hmac.New(sha256.New, secret)
		h.Write([]byte(in))
		return in + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	forgeries := map[string]string{
		"empty": "", "dots": "..", "one dot": ".", "words": "not a token", "bearer": "Bearer " + token,
		"alg none, no signature":  input(header().with("alg", "none"), payload()) + ".",
		"no alg":                  forge(1, input(header().without("alg"), payload())),
		"HS256 by the public key": mac(public),
		"HS256 by its text":       mac([]byte(base64.RawURLEncoding.EncodeToString(public))),
		"HS256 by nothing":        mac(nil),
		"unknown kid":             forge(1, input(header().with("kid", "b"), payload())),
		"no kid":                  forge(1, input(header().without("kid"), payload())),
		"empty kid":               forge(1, input(header().with("kid", ""), payload())),
		"kid of another type":     forge(1, input(header().with("kid", 1), payload())),
		"kid in a list":           forge(1, input(header().with("kid", []string{"a"}), payload())),
		"own key in the header":   forge(2, input(header().with("jwk", members{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(other())}), payload())),
		"signed by another key":   forge(2, input(header(), payload())),
		"no exp":                  forge(1, input(header(), payload().without("exp"))),
		"null exp":                forge(1, input(header(), payload().with("exp", nil))),
		"past exp":                forge(1, input(header(), payload().with("exp", now.Unix()-60))),
		"negative exp":            forge(1, input(header(), payload().with("exp", -1))),
		"future iat":              forge(1, input(header(), payload().with("iat", now.Unix()+60))),
		"future nbf":              forge(1, input(header(), payload().with("nbf", now.Unix()+60))),
		"no sid":                  forge(1, input(header(), payload().without("sid"))),
		"empty sid":               forge(1, input(header(), payload().with("sid", ""))),
		"sid that is no UUID":     forge(1, input(header(), payload().with("sid", "' OR true --"))),
		"sid of another type":     forge(1, input(header(), payload().with("sid", 7))),
		"no iss":                  forge(1, input(header(), payload().without("iss"))),
		"another iss":             forge(1, input(header(), payload().with("iss", "mercato2"))),
		"no aud":                  forge(1, input(header(), payload().without("aud"))),
		"another aud":             forge(1, input(header(), payload().with("aud", "mercato"))),
		"empty aud":               forge(1, input(header(), payload().with("aud", []string{}))),
		"payload of no object":    forge(1, input(header(), []any{payload()})),
		"header of no object":     forge(1, input("EdDSA", payload())),
		"no signature":            parts[0] + "." + parts[1] + ".",
		"two segments":            parts[0] + "." + parts[1],
		"extra segment":           token + "." + parts[2],
		"dot at the end":          token + ".",
		"dot in front":            "." + token,
		"payload of another":      parts[0] + "." + segment(payload().with("sid", uuid.NewString())) + "." + parts[2],
		"padded signature":        token + "==",
		"standard base64":         standard(token),
		"space at the end":        token + " ",
		"doubled signature":       token + parts[2],
	}
	for _, none := range []string{"none", "None", "NONE", "nOnE", "none ", "", "eddsa", "EDDSA", "Ed25519", "HS256", "RS256", "ES256", "PS512"} {
		forgeries["alg "+none+", signed all the same"] = forge(1, input(header().with("alg", none), payload()))
		forgeries["alg "+none+", unsigned"] = input(header().with("alg", none), payload()) + "."
	}
	for name, forgery := range forgeries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := keys.Verify(forgery, now)
			isRefused(t, got, err)
		})
	}
}

// Whatever one bit or one missing byte changes, the token is no longer ours.
func TestVerifyRefusesDamage(t *testing.T) {
	t.Parallel()
	token, keys := good(t)
	for i := range len(token) {
		got, err := keys.Verify(token[:i], now)
		isRefused(t, got, err)
		for bit := range 8 {
			damaged := []byte(token)
			damaged[i] ^= 1 << bit
			got, err := keys.Verify(string(damaged), now)
			isRefused(t, got, err)
		}
	}
	at := strings.LastIndex(token, ".") + 1
	signature, err := base64.RawURLEncoding.DecodeString(token[at:])
	if err != nil {
		t.Fatal(err)
	}
	for i := range signature {
		for bit := range 8 {
			signature[i] ^= 1 << bit
			got, err := keys.Verify(token[:at]+base64.RawURLEncoding.EncodeToString(signature), now)
			isRefused(t, got, err)
			signature[i] ^= 1 << bit
		}
	}
}

// The last character of a signature has bits to spare; a token has one spelling all the same.
func TestVerifyRefusesOtherSpellings(t *testing.T) {
	t.Parallel()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	token, keys := good(t)
	last := len(token) - 1
	for _, c := range alphabet {
		spelling := token[:last] + string(c)
		if spelling == token {
			continue
		}
		got, err := keys.Verify(spelling, now)
		isRefused(t, got, err)
	}
}

// During a rotation both keys are known; after it the old one's tokens are worth nothing.
func TestVerifyRotation(t *testing.T) {
	t.Parallel()
	old, fresh := private(t, "a", 1), private(t, "b", 2)
	both := ring(t, old.Public()+","+fresh.Public())
	for name, n := range map[string]byte{"a": 1, "b": 2} {
		got, err := both.Verify(forge(n, input(header().with("kid", name), payload())), now)
		if err != nil || got != sid {
			t.Errorf("key %s: %q, %v", name, got, err)
		}
		got, err = both.Verify(forge(3-n, input(header().with("kid", name), payload())), now)
		isRefused(t, got, err)
	}
	got, err := ring(t, fresh.Public()).Verify(forge(1, input(header(), payload())), now)
	isRefused(t, got, err)
	got, err = ring(t, "").Verify(forge(1, input(header(), payload())), now)
	isRefused(t, got, err)
}

func isRefused(t *testing.T, sid string, err error) {
	t.Helper()
	if fault.KindOf(err) != fault.Unauthenticated || sid != "" {
		t.Errorf("got %q, %v, want it refused", sid, err)
	}
}

func other() ed25519.PublicKey {
	public, _ := ed25519.NewKeyFromSeed(seed(2)).Public().(ed25519.PublicKey)
	return public
}

// standard spells a token with the padding and alphabet of plain base64.
func standard(token string) string {
	parts := strings.Split(token, ".")
	for i, p := range parts {
		blob, _ := base64.RawURLEncoding.DecodeString(p)
		parts[i] = base64.StdEncoding.EncodeToString(blob)
	}
	return strings.Join(parts, ".")
}
