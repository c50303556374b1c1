// Package sam runs the functions under AWS's own SAM command line: in containers, behind the HTTP API of
// `sam local start-api`. It finds or starts Docker, makes an image where no registry can be reached, leads the containers
// to servers that listen on this machine only, and leaves nothing behind.
package sam

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// Config says what to run and where.
type Config struct {
	Template  string                       // what `sam build` builds
	State     string                       // absolute directory that is this run's alone
	Port      int                          // of 127.0.0.1, where the API answers
	Functions map[string]map[string]string // environment of each function, by logical id
	Log       func(line string)            // SAM's own lines and those of the functions
	Say       func(format string, a ...any)
	Ended     func(err error) // called when SAM ends although nobody has stopped it
}

// ErrNoDocker is in every error that says Docker cannot be had on this machine as it is.
var ErrNoDocker = errors.New("sam-local needs Docker")

// command is SAM, as this repository installs it.
const command = "tools/sam/sam.sh"

// hostName is what the containers call this machine.
const hostName = "host.docker.internal"

// architecture is this machine's, as templates name it: a container of another one gives no answer, and SAM calls that a success.
func architecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// Wipe removes what runs have left in the state directory: builds, and a Docker daemon of our own with its data.
func Wipe(state string) error {
	if err := evict(daemonHome(state)); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(runs(state)), os.RemoveAll(daemonHome(state)))
}

// runs is where a run keeps what it builds and tells SAM.
func runs(state string) string { return filepath.Join(state, "sam") }

// daemonHome is where a daemon of our own keeps its data.
func daemonHome(state string) string { return filepath.Join(state, "docker") }
