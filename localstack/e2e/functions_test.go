package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// functionStats is one function in the answer of GET /_local/functions.
type functionStats struct {
	Name       string
	ColdStarts int `json:"cold_starts"`
	Processes  []struct {
		PID   int
		State string
	}
}

func (s *stack) functions(ctx context.Context) (all []functionStats, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/_local/functions", http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return all, json.NewDecoder(response.Body).Decode(&all)
}

// function shows one function.
func (s *stack) function(t *testing.T, name string) functionStats {
	t.Helper()
	all, err := s.functions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if one.Name == name {
			return one
		}
	}
	t.Fatalf("%s is not among the functions", name)
	return functionStats{}
}

// invoke starts a function and does not wait for it: a consumer works for 90 s.
func (s *stack) invoke(t *testing.T, name string) {
	t.Helper()
	s.events.Go(func() {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/_local/functions/"+name+"/invoke", strings.NewReader("{}"))
		if err != nil {
			return // the name is a constant
		}
		if response, err := http.DefaultClient.Do(request); err == nil { // it may be killed, and the test may end first
			_ = response.Body.Close()
		}
	})
}

// kill ends every process of a function and answers how many there were.
func (s *stack) kill(ctx context.Context, name string) (killed int) {
	all, _ := s.functions(ctx) // the caller tries again
	for _, one := range all {
		if one.Name != name {
			continue
		}
		for _, process := range one.Processes {
			if syscall.Kill(process.PID, syscall.SIGKILL) == nil {
				killed++
			}
		}
	}
	return killed
}

// background runs step every so often until stop is called, which answers what the steps add up to.
func background(t *testing.T, every time.Duration, step func(context.Context) int) (stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	total := make(chan int, 1)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		sum := 0
		for ctx.Err() == nil {
			sum += step(ctx)
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
		total <- sum
	}()
	return func() int {
		cancel()
		return <-total
	}
}

// keepDead kills a function as often as its schedule starts it.
func (s *stack) keepDead(t *testing.T, name string) (stop func() int) {
	t.Helper()
	stop = background(t, poll, func(ctx context.Context) int { return s.kill(ctx, name) })
	until(t, name+" is dead", func() bool { return len(s.function(t, name).Processes) == 0 })
	return stop
}

// harass kills a function every so often and starts it again at once.
func (s *stack) harass(t *testing.T, name string, every time.Duration) (stop func() int) {
	t.Helper()
	return background(t, every, func(ctx context.Context) int {
		killed := s.kill(ctx, name)
		s.invoke(t, name)
		return killed
	})
}

func (f functionStats) String() string { return fmt.Sprintf("%s %v", f.Name, f.Processes) }
