package secrets

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// SessionName is the name of the secret that holds the session signing key.
	SessionName = "session"
	// ElsewhereName is the key that is SessionName's in its place at an endpoint of somebody else's, which may show it to
	// every user of the machine.
	ElsewhereName = "session-elsewhere"
)

// sessionKey is the secret as the functions read it.
type sessionKey struct {
	KeyID   string `json:"kid"`     // 16 hex digits
	Private string `json:"private"` // base64url of the 32 byte seed, unpadded
}

// Session answers the public form, "kid:base64url(public key)", of the Ed25519 key of this name that signs sessions.
// The first call makes the key; it then stays in the state directory, so that logins survive a restart.
func Session(state, name string) (string, error) {
	path := filepath.Join(Directory(state), name+".json")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		content, err = makeSession(path)
	}
	if err != nil {
		return "", fmt.Errorf("session key: %w", err)
	}
	public, err := publicForm(content)
	if err != nil {
		return "", fmt.Errorf("session key %s: %w", path, err)
	}
	return public, nil
}

func makeSession(path string) ([]byte, error) {
	var kid [8]byte
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(kid[:]) // crypto/rand never fails: the program ends instead
	_, _ = rand.Read(seed)
	content, err := json.Marshal(sessionKey{
		KeyID:   hex.EncodeToString(kid[:]),
		Private: base64.RawURLEncoding.EncodeToString(seed),
	})
	if err != nil {
		return nil, err
	}
	return content, keep(path, content)
}

func publicForm(content []byte) (string, error) {
	var key sessionKey
	if err := json.Unmarshal(content, &key); err != nil {
		return "", err
	}
	seed, err := base64.RawURLEncoding.DecodeString(key.Private)
	if err != nil {
		return "", err
	}
	if len(seed) != ed25519.SeedSize || key.KeyID == "" {
		return "", errors.New("is not a key id with a seed of 32 bytes")
	}
	public := ed25519.NewKeyFromSeed(seed)[ed25519.SeedSize:] // a private key is the seed and its public key
	return key.KeyID + ":" + base64.RawURLEncoding.EncodeToString(public), nil
}
