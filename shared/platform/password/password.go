// Package password keeps passwords as argon2id hashes.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// OWASP's first choice for argon2id: 19 MiB, two passes, one lane (Password Storage Cheat Sheet).
const (
	memory  = 19 * 1024 // KiB
	passes  = 2
	lanes   = 1
	keySize = 32
)

const prefix = "$argon2id$v=19$m=19456,t=2,p=1$"

// nobody is compared with when there is no account, so that an unknown address takes as long as a
// wrong password.
const nobody = prefix + "AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Hash returns the encoded hash of a password with a salt of its own.
func Hash(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails, since Go 1.24
	return fmt.Sprintf("%s%s$%s", prefix, encode(salt), encode(derive(password, salt)))
}

// Matches says whether the password made the hash. An empty hash matches nothing and takes as long.
func Matches(hash, password string) bool {
	known := hash != ""
	if !known {
		hash = nobody
	}
	salt, key, ok := strings.Cut(strings.TrimPrefix(hash, prefix), "$")
	raw, err := base64.RawStdEncoding.DecodeString(salt)
	if !ok || err != nil {
		return false
	}
	same := subtle.ConstantTimeCompare([]byte(encode(derive(password, raw))), []byte(key)) == 1
	return same && known
}

func derive(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, keySize)
}

func encode(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }
