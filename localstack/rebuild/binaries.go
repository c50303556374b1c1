package rebuild

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Binaries holds on to the functions' binaries as they are now, so that a build may write while processes start. They
// are links: nothing is copied where the file system can do that.
type Binaries struct {
	built, kept string
	generation  int
	paths       map[string]string // of what runs, by function
	before      map[string]string // of what ran before, which a process may be about to start
}

// Keep takes the named functions' binaries from the directory built. It empties the directory kept, which no two
// stacks may share.
func Keep(built, kept string, functions []string) (*Binaries, error) {
	b := &Binaries{built: built, kept: kept, paths: map[string]string{}, before: map[string]string{}}
	if err := os.RemoveAll(kept); err != nil {
		return nil, err
	}
	for _, name := range functions {
		b.paths[name] = ""
	}
	_, err := b.Refresh()
	return b, err
}

// Path is the binary of a function.
func (b *Binaries) Path(function string) string { return b.paths[function] }

// Refresh takes what has been built since, and names the functions whose binary has another content now. What cannot
// be taken stays as it was, and is in the error.
func (b *Binaries) Refresh() (changed []string, err error) {
	b.generation++
	directory := filepath.Join(b.kept, strconv.Itoa(b.generation))
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, err
	}
	var failed []error
	for name, path := range b.paths {
		fresh := filepath.Join(directory, name)
		took, err := take(filepath.Join(b.built, name), path, fresh)
		switch {
		case err != nil:
			failed = append(failed, fmt.Errorf("take the binary of %s: %w", name, err))
		case took:
			b.forget(b.before[name])
			b.before[name], b.paths[name] = path, fresh
			changed = append(changed, name)
		}
	}
	_ = os.Remove(directory) // only when it is empty
	slices.Sort(changed)
	return changed, errors.Join(failed...)
}

// Remove gives everything back, once no process is started any more.
func (b *Binaries) Remove() error { return os.RemoveAll(b.kept) }

func (b *Binaries) forget(path string) {
	if path != "" {
		_ = os.Remove(path)               // it may still run
		_ = os.Remove(filepath.Dir(path)) // with the last one
	}
}

// take links a built binary to a new path, unless it is the present one or its content is that one's.
func take(built, present, fresh string) (bool, error) {
	if present != "" {
		if same, err := same(built, present); same || err != nil {
			return false, err
		}
	}
	return true, link(built, fresh)
}

func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	content, err := os.ReadFile(from) // of another file system
	if err != nil {
		return err
	}
	// A process that is started while the file is open for writing inherits that, and then nobody can run it.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(to, content, 0o755)
}

func same(path, other string) (bool, error) {
	one, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer one.Close()
	two, err := os.Open(other)
	if err != nil {
		return false, err
	}
	defer two.Close()
	is, err := one.Stat()
	if err != nil {
		return false, err
	}
	was, err := two.Stat()
	switch {
	case err != nil || is.Size() != was.Size():
		return false, err
	case os.SameFile(is, was):
		return true, nil
	}
	return equal(one, two)
}

func equal(one, two io.Reader) (bool, error) {
	const piece = 1 << 20 // bytes
	a, b := make([]byte, piece), make([]byte, piece)
	for {
		n, err := io.ReadFull(one, a)
		m, other := io.ReadFull(two, b)
		switch {
		case !bytes.Equal(a[:n], b[:m]):
			return false, nil
		case ended(err) && ended(other):
			return true, nil
		case err != nil && !ended(err):
			return false, err
		case other != nil && !ended(other):
			return false, other
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
