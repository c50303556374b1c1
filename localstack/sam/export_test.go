package sam

import (
	"bytes"
	"net"
	"os"
)

// Ways is a forwarder as the tests use it.
type Ways = forwarder

// NewWays leads from an address of this machine.
func NewWays(at net.IP) *Ways { return &forwarder{at: at, listeners: map[string]net.Listener{}} }

// Variables answers the environment as containers need it.
func (f *forwarder) Variables(functions map[string]map[string]string) (map[string]map[string]string, error) {
	return f.variables(functions)
}

// Close ends the ways.
func (f *forwarder) Close() error { return f.close() }

// Declare and WriteVariables prepare what SAM reads.
var (
	Declare        = declare
	WriteVariables = writeVariables
)

// RootFileSystem is what the image is made of.
func RootFileSystem() (*bytes.Buffer, error) { return rootFileSystem() }

// Choose answers the image to run in, and whether it is there; Architecture is the end of its name.
var (
	Choose       = choose
	Architecture = architecture
)

// Sweep runs the script in a directory.
func Sweep(directory string) error { return (&Docker{}).sweep(directory) }

// Guard answers what plays our death.
func Guard(directory, daemon string) (die func() error, err error) {
	g, err := newGuard(os.Environ(), directory, daemon)
	if err != nil {
		return nil, err
	}
	return func() error {
		if err := g.pipe.Close(); err != nil {
			return err
		}
		return g.cmd.Wait()
	}, nil
}
