package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"mercato/localstack/runtime"
	"mercato/localstack/schedule"
)

const (
	readyWithin = 30 * time.Second      // for every function on the way to readiness, each with a cold start
	readyPoll   = 50 * time.Millisecond // between two looks
)

// dev runs the whole system until it is interrupted.
func dev(ctx context.Context) error {
	s := newStack("make dev")
	return s.live(ctx,
		checkBuilt,
		s.configure,
		s.claim,
		s.startAWS,
		s.startServers,
		s.loadTemplate,
		s.startRuntime,
		s.migrate,
		s.startSchedules,
		s.startGateway,
		s.awaitReady,
		s.announceFirst,
		s.startRebuilding,
	)
}

// startSchedules begins what the template schedules.
func (s *stack) startSchedules(ctx context.Context) error {
	due, err := jobs(s.template)
	if err != nil {
		return err
	}
	scheduled, cancel := context.WithCancel(context.WithoutCancel(ctx))
	finished := make(chan struct{})
	s.onStop = append(s.onStop, func() error { // the schedules end with the invocations that they wait for
		cancel()
		err := s.closeRuntime()
		<-finished
		return err
	})
	go func() {
		defer close(finished)
		schedule.Run(scheduled, due, s.fire)
	}()
	return nil
}

// fire invokes a function for a schedule. Lambda reports a failure in the function's own log. Where a process makes
// room for a new build, that takes over.
func (s *stack) fire(ctx context.Context, function string, payload []byte) error {
	_, err := s.runtime.Invoke(ctx, function, payload)
	for errors.Is(err, runtime.ErrReplaced) {
		if !s.resumes(function) {
			return nil
		}
		_, err = s.runtime.Invoke(ctx, function, payload)
	}
	if err != nil && ctx.Err() == nil {
		s.say("%s, invoked by its schedule: %v", function, err)
	}
	return err
}

func (s *stack) migrate(ctx context.Context) error {
	began := time.Now()
	if _, err := s.runtime.Invoke(ctx, "db-migrate", []byte("{}")); err != nil {
		return fmt.Errorf("db-migrate: %w", err)
	}
	s.say("schemas are up to date (%s)", time.Since(began).Round(time.Millisecond))
	return nil
}

// awaitReady asks as a client would.
func (s *stack) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not ready within %s", readyWithin))
	defer cancel()
	last := "no answer"
	for {
		status, body, err := get(ctx, "http://"+net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))+"/health/ready")
		switch {
		case err == nil && status == http.StatusOK:
			s.say("ready")
			return nil
		case err == nil:
			last = fmt.Sprintf("%d %s", status, body)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: GET /health/ready answered %s", context.Cause(ctx), last)
		case err := <-s.broken:
			return err
		case <-time.After(readyPoll):
		}
	}
}

func get(ctx context.Context, url string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end or not worth a word
	text, err := io.ReadAll(io.LimitReader(response.Body, 2000))
	return response.StatusCode, strings.TrimSpace(string(text)), err
}

// withoutUser strips the login: each function brings its domain's.
func withoutUser(database string) (string, error) {
	parsed, err := url.Parse(database)
	if err != nil {
		return "", errors.New("DATABASE_URL is not a URL, such as postgres://user:password@host/name") // the parser's message repeats the password
	}
	parsed.User = nil
	return parsed.String(), nil
}
