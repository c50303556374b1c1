package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock keeps a state directory for one stack until the answer is closed or the process ends, however it ends.
// When another has it, the error says so in one line.
func Lock(state string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(state, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("a stack runs on %s already: stop it, or name another directory with MERCATO_HOME", state)
	}
	return file, nil
}
