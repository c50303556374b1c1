package servers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Ports lie below what systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere): a client that retries
// against a dead server on such a port ends up connected to itself, and the server cannot have its port back.
const (
	firstPort = 15000
	lastPort  = 30000
)

// vacantPort answers the port for a program after a process of a former run, which may still have it, is gone.
func (h home) vacantPort(p program) (int, error) {
	if err := evict(p); err != nil {
		return 0, fmt.Errorf("%s: %w", p.name, err)
	}
	return keptPort(filepath.Dir(p.log))
}

// keptPort answers the port that this server had before, or a free one when it had none or somebody else took it.
func keptPort(directory string) (int, error) {
	path := filepath.Join(directory, "port")
	if content, err := os.ReadFile(path); err == nil {
		if port, err := strconv.Atoi(strings.TrimSpace(string(content))); err == nil && free(port) {
			return port, nil
		}
	}
	for range 100 { // a hundred busy ones in a row mean something else
		port := firstPort + rand.IntN(lastPort-firstPort)
		if free(port) {
			return port, os.WriteFile(path, []byte(strconv.Itoa(port)+"\n"), 0o600)
		}
	}
	return 0, fmt.Errorf("found no free port between %d and %d on 127.0.0.1", firstPort, lastPort)
}

func free(port int) bool {
	listener, err := net.Listen("tcp", address(port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// answers dials: to try the port by listening on it would take it from the server that is about to.
func answers(port int) bool {
	conn, err := net.Dial("tcp", address(port))
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
