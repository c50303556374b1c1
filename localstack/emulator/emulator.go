// Package emulator finds or brings LocalStack, in Docker or as a Python program, and runs it: it listens on this machine
// only, and does not outlive the program that started it.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Version is that of LocalStack: the last release that wants no account.
const Version = "4.14.0"

// The login that LocalStack knows as its one account.
const (
	Key    = "test"
	Secret = "test"
)

const (
	readyWithin = 2 * time.Minute // a start takes 4 s; the first on a busy machine more
	readyPoll   = 50 * time.Millisecond
	askWithin   = 5 * time.Second // one look at the health of a starting LocalStack
)

// Config says where LocalStack runs.
type Config struct {
	Port   int                           // on 127.0.0.1; must be free
	State  string                        // absolute directory of its caches and log; made when it is missing
	Docker bool                          // may it run in Docker, where there is one?
	Say    func(format string, a ...any) // progress, one line a call
}

// Emulator is a running LocalStack.
type Emulator struct {
	process *process
	after   func() // removes what the process leaves
	port    int
}

// Start answers when LocalStack does. The working directory is the top of the checkout. ErrAbsent says that this machine
// cannot have it; any error is one line that names what to do, and nothing is left running then.
func Start(ctx context.Context, c Config) (*Emulator, error) {
	if _, err := os.Stat(requirements); err != nil {
		return nil, fmt.Errorf("no %s here: run this in the top directory of the checkout", requirements)
	}
	how, err := find(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return nil, err
	}
	began := time.Now()
	c.Say("starting LocalStack %s, %s", Version, how.title)
	process, err := spawn(how, filepath.Join(c.State, "log"))
	if err != nil {
		return nil, fmt.Errorf("LocalStack does not start: %w", err)
	}
	e := &Emulator{process, how.after, c.Port}
	if err := e.await(ctx); err != nil {
		e.Stop()
		return nil, fmt.Errorf("LocalStack does not start: %w", err)
	}
	c.Say("LocalStack is ready (%s)", time.Since(began).Round(100*time.Millisecond))
	return e, nil
}

// URL is what AWS_ENDPOINT_URL wants.
func (e *Emulator) URL() string { return "http://" + address(e.port) }

// Ended is closed when LocalStack has ended, by itself or by Stop.
func (e *Emulator) Ended() <-chan struct{} { return e.process.ended }

// Tail is the end of its log, in one line.
func (e *Emulator) Tail() string { return e.process.tail() }

// Stop returns when LocalStack is gone, within about ten seconds.
func (e *Emulator) Stop() {
	e.process.stop()
	e.after()
}

// await asks for LocalStack's health until it answers.
func (e *Emulator) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not ready within %s", readyWithin))
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: askWithin}
	for {
		if healthy(ctx, client, e.URL()) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", context.Cause(ctx), e.Tail())
		case <-e.process.ended:
			return errors.New("it ended at once: " + e.Tail())
		case <-time.After(readyPoll):
		}
	}
}

func healthy(ctx context.Context, client *http.Client, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_localstack/health", nil)
	if err != nil {
		return false
	}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close() // its status is all
	return response.StatusCode == http.StatusOK
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
