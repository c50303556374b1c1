package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// patience is how long a process may take to ask for work: some hundred times
// what the slowest needs.
const patience = 10 * time.Second

// A runtimeAPI answers as Lambda's Runtime API does before the first event: not.
type runtimeAPI struct {
	server *http.Server
	addr   string
	asked  chan time.Time // when a process asked for work
	failed chan string    // why a process could not start
}

func listen() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api := &runtimeAPI{
		addr:   listener.Addr().String(),
		asked:  make(chan time.Time, 1),
		failed: make(chan string, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(_ http.ResponseWriter, r *http.Request) {
		api.asked <- time.Now()
		<-r.Context().Done() // no event ever comes: the process is ended while it waits
	})
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(_ http.ResponseWriter, r *http.Request) {
		reason, _ := io.ReadAll(io.LimitReader(r.Body, 4096))
		api.failed <- string(reason)
	})
	api.server = &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go func() { _ = api.server.Serve(listener) }()
	return api, nil
}

func (api *runtimeAPI) Addr() string { return api.addr }

func (api *runtimeAPI) Close() { _ = api.server.Close() }

// start runs the binary until it asks for work, and returns how long that took.
func (api *runtimeAPI) start(ctx context.Context, l *lambda, env []string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, l.path)
	cmd.Env = append(slices.Clone(env), "AWS_LAMBDA_FUNCTION_NAME="+l.name)
	cmd.Stdout, cmd.Stderr = &output, &output

	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("%w: run make build", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // killed or not, its state is kept in cmd
		close(ended)
	}()
	select {
	case at := <-api.asked:
		cancel() // kills the process
		<-ended
		return at.Sub(began), nil
	case reason := <-api.failed:
		cancel()
		<-ended
		return 0, errors.New("could not start: " + reason)
	case <-ended:
		return 0, fmt.Errorf("ended before it asked for work (%s):\n%s", cmd.ProcessState, strings.TrimSpace(output.String()))
	}
}
