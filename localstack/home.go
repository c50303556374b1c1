package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	defaultHome = ".local"
	defaultPort = 3000
)

// findHome answers the absolute state directory, without making it and without symbolic links: data that had to
// move is found by this path.
func findHome() (string, error) {
	home := os.Getenv("MERCATO_HOME")
	if home == "" {
		home = defaultHome
	}
	home, err := filepath.Abs(home)
	if err != nil {
		return "", err
	}
	if direct, err := filepath.EvalSymlinks(home); err == nil {
		home = direct
	}
	info, err := os.Stat(home)
	if err == nil && !info.IsDir() || errors.Is(err, syscall.ENOTDIR) {
		return "", fmt.Errorf("%s is a file: name a directory with MERCATO_HOME", home)
	}
	return home, nil
}

// makeHome makes the state directory and finds out whether it can be written.
func makeHome() (string, error) {
	home, err := findHome()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", fmt.Errorf("%w: name another directory with MERCATO_HOME", err)
	}
	probe, err := os.CreateTemp(home, ".probe-*")
	if err != nil {
		return "", fmt.Errorf("%s cannot be written (%w): name another directory with MERCATO_HOME", home, errors.Unwrap(err))
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(home)
}

func findPort() (int, error) {
	text := os.Getenv("PORT")
	if text == "" {
		return defaultPort, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, fmt.Errorf("PORT=%s is not a port: set a number from 1 to 65535", text)
	}
	return port, nil
}

// listen answers a listener on this machine alone. The command is what the advice names.
func listen(port int, command string) (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %d is in use: choose another, such as PORT=%d %s", port, port+1, command)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("port %d is not allowed to this user: choose one above 1023, such as PORT=%d %s", port, defaultPort, command)
	}
	return listener, err
}
