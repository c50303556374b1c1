package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"mercato/localstack/emulator"
	"mercato/localstack/provision"
	"mercato/localstack/secrets"
	"mercato/localstack/servers"
	"mercato/localstack/template"
)

// defaultAWSPort is where people expect LocalStack.
const defaultAWSPort = 4566

// emulatorState is where LocalStack keeps its caches and its log.
func emulatorState(home string) string { return filepath.Join(home, "localstack") }

// emulate runs LocalStack with the template's resources until it is interrupted.
func emulate(ctx context.Context) error {
	if _, err := template.Load(templatePath, nil); err != nil { // before anything is started
		return fmt.Errorf("run this in the top directory of the checkout: %w", err)
	}
	home, err := makeHome()
	if err != nil {
		return err
	}
	port, err := findAWSPort()
	if err != nil {
		return err
	}
	shop, err := findPort()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(emulatorState(home), 0o700); err != nil {
		return err
	}
	lock, err := servers.Lock(emulatorState(home))
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // the program ends
	say := newJournal(os.Stdout).say
	e, err := startEmulator(ctx, emulatorState(home), port, say)
	if err == nil {
		err = offer(ctx, e, home, shop, say)
		e.Stop()
	}
	if ctx.Err() == nil {
		return err
	}
	say("stopped")
	return nil
}

// offer makes the resources for a shop on this port and says what to do with them, until LocalStack ends or is to be stopped.
func offer(ctx context.Context, e *emulator.Emulator, home string, port int, say func(string, ...any)) error {
	origin := "http://localhost:" + strconv.Itoa(port) // of the stack that will use it
	made, err := makeResources(ctx, provision.Host{Endpoint: e.URL(), Key: emulator.Key, Secret: emulator.Secret}, home, secrets.ElsewhereName, origin)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(made)) {
		say("%s is %s", id, made[id].Ref)
	}
	fmt.Printf("\n  LocalStack answers on %[1]s. In another terminal:\n    %[2]sAWS_ENDPOINT_URL=%[1]s make dev\n\n  Ctrl-C stops it; what is in it is gone then.\n\n", e.URL(), which())
	select {
	case <-ctx.Done():
		say("stopping")
		return nil
	case <-e.Ended():
		return errors.New("LocalStack ended: " + e.Tail())
	}
}

// withAWS runs a command with TEST_AWS_ENDPOINT_URL set to a throw-away LocalStack and answers its exit status. Where
// there can be none it says so loudly, which is no failure.
func withAWS(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("with-aws needs a command after --")
	}
	if given := os.Getenv("TEST_AWS_ENDPOINT_URL"); given != "" {
		return command(ctx, args)
	}
	state, err := os.MkdirTemp("", "mercato-localstack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(state) //nolint:errcheck // a leftover in the system's place for such
	port, err := vacantPort()
	if err != nil {
		return err
	}
	e, err := startEmulator(ctx, state, port, newJournal(os.Stderr).say)
	if errors.Is(err, emulator.ErrAbsent) {
		fmt.Fprintf(os.Stderr, "SKIPPED: the tests on LocalStack did NOT run: %v\ntest-localstack: 0 passed, 1 skipped, 0 failed\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer e.Stop()
	return command(ctx, args, "TEST_AWS_ENDPOINT_URL="+e.URL())
}

func startEmulator(ctx context.Context, state string, port int, say func(string, ...any)) (*emulator.Emulator, error) {
	docker, err := onOff("LOCALSTACK_DOCKER", true)
	if err != nil {
		return nil, err
	}
	return emulator.Start(ctx, emulator.Config{Port: port, State: state, Docker: docker, Say: say})
}

// findAWSPort answers LocalStack's port, which is free.
func findAWSPort() (int, error) {
	port := defaultAWSPort
	if text := os.Getenv("LOCALSTACK_PORT"); text != "" {
		var err error
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return 0, fmt.Errorf("LOCALSTACK_PORT=%s is not a port: set a number from 1 to 65535", text)
		}
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return 0, fmt.Errorf("port %d is in use: choose another, such as LOCALSTACK_PORT=%d make localstack", port, port+1)
	case errors.Is(err, fs.ErrPermission):
		return 0, fmt.Errorf("port %d is not allowed to this user: choose one above 1023 with LOCALSTACK_PORT", port)
	case err != nil:
		return 0, err
	}
	return port, listener.Close()
}

// Throw-away ports lie below those that systems give to outgoing connections, and below those of the stack's servers.
const (
	firstPort = 10000
	lastPort  = 15000
)

// vacantPort answers a port that is free now.
func vacantPort() (int, error) {
	var failed error
	for range 100 { // a hundred busy ones in a row mean something else
		port := firstPort + rand.IntN(lastPort-firstPort)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
		failed = err
	}
	return 0, fmt.Errorf("found no free port between %d and %d: %w", firstPort, lastPort, failed)
}
