package servers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// owner is the user whom the servers run as: ourselves, or for root, whom Postgres refuses, one without rights.
type owner struct {
	name       string
	credential *syscall.Credential // nil: ourselves
}

// home is where the servers of one stack live.
type home struct {
	owner
	state string // keys; empty for throw-away servers
	base  string // a directory per server in it
	fast  bool   // durability given up for speed, for tests
	say   func(format string, a ...any)
}

func findOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return owner{name, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return owner{}, errors.New("as root the servers run as user postgres or nobody, and there is neither: add one (useradd --system postgres)")
}

// command runs a program as the owner, in a process group of its own so that Ctrl-C reaches us alone,
// and without our environment: a PGPORT or PGDATA of the user's must not steer it.
func (o owner) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/" // the owner may be unable to enter ours
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: o.credential}
	return cmd
}

// make makes a directory that only the owner enters.
func (o owner) make(directory string) error {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	return o.own(directory)
}

// own gives a file or directory of ours to the owner. One that a stranger made in a shared place is refused.
func (o owner) own(path string) error {
	if o.credential == nil {
		return nil
	}
	if err := trusted(path, o.credential.Uid); err != nil {
		return err
	}
	return os.Lchown(path, int(o.credential.Uid), int(o.credential.Gid))
}

// trusted refuses a path in a shared place that neither we nor one of these users made.
func trusted(path string, users ...uint32) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok && int(stat.Uid) != os.Geteuid() && !slices.Contains(users, stat.Uid) {
		return fmt.Errorf("%s belongs to another user", path)
	}
	return nil
}

// may asks the system itself, because modes, ACLs and mounts all have a say.
func (o owner) may(test, path string) bool {
	return o.command(context.Background(), "test", test, path).Run() == nil
}

// place answers the first directory that the owner can work in, one with data before one without.
func (o owner) place(candidates []string) (string, error) {
	for _, directory := range candidates {
		if _, err := os.Stat(filepath.Join(directory, "postgres")); err == nil && o.may("-w", directory) {
			return directory, nil
		}
	}
	var failed []error
	for _, directory := range candidates {
		err := os.MkdirAll(filepath.Dir(directory), 0o755)
		if err == nil {
			err = o.make(directory)
		}
		if err == nil && o.may("-w", directory) {
			return directory, nil
		}
		_ = os.Remove(directory) // only when it is empty
		failed = append(failed, err)
	}
	return "", fmt.Errorf("no directory for the data, name another with MERCATO_HOME: %w", errors.Join(failed...))
}

// dataDirectories lists where the data of a state directory can lie. The first is the state directory itself;
// the others serve root whose checkout lies under a directory that no other user enters, such as /root.
func dataDirectories(state string) []string {
	inside := []string{filepath.Join(state, "data")}
	if os.Geteuid() != 0 {
		return inside
	}
	sum := sha256.Sum256([]byte(state))
	id := hex.EncodeToString(sum[:6])
	return append(inside, filepath.Join("/var/lib/mercato", id), filepath.Join("/var/tmp", "mercato-"+id))
}

// memory is the file system in which a database is copied in 20 ms instead of 300.
const memory = "/dev/shm"

// enoughMemory is what a suite's databases take at most, with room to spare.
const enoughMemory = 1 << 30

// temporary makes a directory for throw-away servers, in memory when there is room.
func (o owner) temporary() (string, error) {
	parents := []string{os.TempDir(), "/tmp"}
	var stat syscall.Statfs_t
	if syscall.Statfs(memory, &stat) == nil && stat.Bavail*uint64(stat.Bsize) >= enoughMemory { //nolint:unconvert // Bsize differs by system
		parents = append([]string{memory}, parents...)
	}
	var failed []error
	for _, parent := range parents {
		directory, err := os.MkdirTemp(parent, "mercato-test-")
		if err == nil {
			err = o.own(directory)
		}
		if err == nil && o.may("-w", directory) {
			return directory, nil
		}
		_ = os.Remove(directory)
		failed = append(failed, err)
	}
	return "", fmt.Errorf("no directory for throw-away data, name one with TMPDIR: %w", errors.Join(failed...))
}
