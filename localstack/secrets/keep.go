package secrets

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Directory is where the keys of a state directory lie.
func Directory(state string) string { return filepath.Join(state, "keys") }

// Wipe removes the keys of a state directory, and nothing that somebody else has put beside them.
func Wipe(state string) error {
	var failed []error
	for _, name := range []string{"aws", "postgres", "redis", "roles", SessionName + ".json", ElsewhereName + ".json"} {
		if err := os.Remove(filepath.Join(Directory(state), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	_ = os.Remove(Directory(state)) // only when it is empty
	return errors.Join(failed...)
}

// Random answers a fresh password: 32 lower-case hex digits, 128 bits, safe in a URL, in SQL and in a configuration file.
func Random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails: the program ends instead
	return hex.EncodeToString(b[:])
}

// Password answers the password kept under this name in the state directory. The first call makes it.
// Its file has no .json ending, so that Handler never hands it out.
func Password(state, name string) (string, error) {
	path := filepath.Join(Directory(state), name)
	kept, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(kept)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("password %s: %w", name, err)
	}
	password := Random()
	if err := keep(path, []byte(password+"\n")); err != nil {
		return "", fmt.Errorf("password %s: %w", name, err)
	}
	return password, nil
}

// keep writes a file that only its owner reads, all of it or nothing.
func keep(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}
