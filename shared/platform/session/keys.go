package session

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// PublicKeys are the keys that verify tokens, by key id.
type PublicKeys map[string]ed25519.PublicKey

// ParsePublicKeys reads "kid:base64url,kid:base64url".
func ParsePublicKeys(list string) (PublicKeys, error) {
	keys := PublicKeys{}
	for entry := range strings.SplitSeq(list, ",") {
		if entry == "" {
			continue
		}
		kid, encoded, _ := strings.Cut(entry, ":")
		raw, err := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil || kid == "" || len(raw) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("SESSION_PUBLIC_KEYS: %q is not kid:base64url of an Ed25519 key", entry)
		}
		keys[kid] = raw
	}
	return keys, nil
}

// PrivateKey signs tokens.
type PrivateKey struct {
	ID  string
	key ed25519.PrivateKey
}

// ParsePrivateKey reads the secret {"kid": "...", "private": base64url of the 32-byte seed}.
func ParsePrivateKey(secret []byte) (PrivateKey, error) {
	var stored struct{ Kid, Private string }
	if err := json.Unmarshal(secret, &stored); err != nil {
		return PrivateKey{}, errors.New("the session secret is not JSON")
	}
	seed, err := base64.RawURLEncoding.DecodeString(stored.Private)
	if err != nil || len(seed) != ed25519.SeedSize || stored.Kid == "" {
		return PrivateKey{}, errors.New("the session secret holds no kid and Ed25519 seed")
	}
	return PrivateKey{ID: stored.Kid, key: ed25519.NewKeyFromSeed(seed)}, nil
}

// Public returns the key's public half, as SESSION_PUBLIC_KEYS lists it.
func (k PrivateKey) Public() string {
	public, _ := k.key.Public().(ed25519.PublicKey)
	return k.ID + ":" + base64.RawURLEncoding.EncodeToString(public)
}
