package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mercato/localstack/endpoint"
	"mercato/localstack/sam"
	"mercato/localstack/secrets"
	"mercato/localstack/servers"
)

// reset removes what stacks made in the state directory, and nothing else that lies in it:
// MERCATO_HOME may name a directory with other things.
func reset() error {
	home, err := findHome()
	if err != nil {
		return err
	}
	if _, err := os.Stat(home); errors.Is(err, fs.ErrNotExist) {
		fmt.Println("nothing to remove:", home, "does not exist")
		return servers.Wipe(home)
	}
	lock, err := servers.Lock(home)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // the program ends
	err = errors.Join(
		servers.Wipe(home),
		secrets.Wipe(home),
		endpoint.Wipe(home),
		sam.Wipe(home),
		os.RemoveAll(keptBinaries(home)),
		os.RemoveAll(emulatorState(home)),
		removeStackFile(home),
		os.Remove(filepath.Join(home, "lock")),
	)
	if err != nil {
		return err
	}
	_ = os.Remove(home) // only when it is empty: built tools may lie in it
	fmt.Println("removed data and keys from", home)
	return nil
}
