package session_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"testing"

	"mercato/shared/platform/session"
)

func TestParsePublicKeys(t *testing.T) {
	t.Parallel()
	a, b := private(t, "a", 1).Public(), private(t, "b:c", 2).Public()
	for name, c := range map[string]struct {
		list string
		kids string // empty when it is refused
	}{
		"one":               {a, "a"},
		"two":               {a + "," + private(t, "b", 2).Public(), "a b"},
		"comma at the end":  {a + ",", "a"},
		"the same again":    {a + "," + a, "a"},
		"no kid":            {a[1:], ""},
		"no colon":          {"a", ""},
		"no key":            {"a:", ""},
		"short key":         {a[:len(a)-2], ""},
		"long key":          {a + "AAAA", ""},
		"padded":            {a + "=", ""},
		"no base64":         {"a:" + strings.Repeat("!", 43), ""},
		"space":             {a + ", " + a, " a a"},
		"colon in the kid":  {b, ""},
		"good, then rotten": {a + ",b:x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, err := session.ParsePublicKeys(c.list)
			if got := strings.Join(slices.Sorted(maps.Keys(keys)), " "); got != c.kids || (err == nil) != (c.kids != "") {
				t.Errorf("got kids %q, %v, want %q", got, err, c.kids)
			}
		})
	}
	if keys, err := session.ParsePublicKeys(""); err != nil || len(keys) != 0 {
		t.Errorf("of nothing: %v, %v", keys, err)
	}
}

func TestParsePrivateKey(t *testing.T) {
	t.Parallel()
	text := base64.RawURLEncoding.EncodeToString(seed(1))
	for name, secret := range map[string]string{
		"nothing": "", "no JSON": text, "list": "[]", "no kid": `{"private":"` + text + `"}`, "empty kid": `{"kid":"","private":"` + text + `"}`,
		"no seed": `{"kid":"a"}`, "short seed": `{"kid":"a","private":"` + text[2:] + `"}`, "padded": `{"kid":"a","private":"` + text + `="}`,
		"whole key": `{"kid":"a","private":"` + base64.RawURLEncoding.EncodeToString(ed25519.NewKeyFromSeed(seed(1))) + `"}`,
	} {
		_, err := session.ParsePrivateKey([]byte(secret))
		if err == nil {
			t.Errorf("%s: taken", name)
			continue
		}
		if strings.Contains(err.Error(), text[4:20]) {
			t.Errorf("%s: the error tells the key: %v", name, err)
		}
	}
	key, err := session.ParsePrivateKey([]byte(`{"kid":"a","private":"` + text + `"}`))
	if err != nil || key.ID != "a" {
		t.Errorf("got %q, %v", key.ID, err)
	}
}
