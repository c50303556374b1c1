package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// step brings up one thing and leaves in onStop what ends it. A step that fails has undone its own part.
type step func(ctx context.Context) error

// newStack is told the command that users give.
func newStack(command string) *stack {
	return &stack{command: command, journal: newJournal(os.Stdout), broken: make(chan error, 1)}
}

// live takes the steps one after the other, runs until it is interrupted or something breaks that cannot be mended, and
// ends everything that was brought up, last first.
func (s *stack) live(ctx context.Context, steps ...step) error {
	go s.force(ctx)
	err := s.start(ctx, steps)
	if err == nil {
		fmt.Fprint(s, s.welcome())
		select {
		case <-ctx.Done():
		case err = <-s.broken:
		}
	}
	interrupted := ctx.Err() != nil
	if interrupted {
		s.say("stopping")
	}
	stopped := s.stop()
	if !interrupted {
		return errors.Join(err, stopped)
	}
	s.say("stopped")
	return stopped
}

func (s *stack) start(ctx context.Context, steps []step) error {
	for _, one := range steps {
		if err := one(ctx); err != nil {
			return err
		}
	}
	return nil
}

// force ends the program at the second signal; the guards then end what is left.
func (s *stack) force(ctx context.Context) {
	<-ctx.Done()
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	<-again
	s.say("stopped by force")
	_ = s.withdraw()
	os.Exit(1)
}

// stop ends everything that was started, last first.
func (s *stack) stop() error {
	var failed []error
	for _, one := range slices.Backward(s.onStop) {
		failed = append(failed, one())
	}
	return errors.Join(failed...)
}
