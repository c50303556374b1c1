package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mercato/localstack/rebuild"
	"mercato/localstack/template"
)

// migrator is the function that must have run before the others can rely on the new schemas.
const migrator = "db-migrate"

// buildFiles are what a build needs. Where one is missing there is nothing to build, only binaries to run.
var buildFiles = []string{"go.mod", "Makefile"}

// keptBinaries is where the binaries lie that the processes of a stack run.
func keptBinaries(home string) string { return filepath.Join(home, "functions-running") }

// configure reads what the developer may switch. The sources are looked at this early so that nothing which is saved
// while the servers start is missed.
func (s *stack) configure(ctx context.Context) error {
	var err error
	if s.freeze, err = onOff("FREEZE", false); err != nil {
		return err
	}
	hot, err := onOff("HOT_REBUILD", true)
	if err != nil || !hot || slices.ContainsFunc(buildFiles, missing) {
		return err
	}
	directory, err := os.Getwd()
	if err != nil {
		return err
	}
	s.watcher, err = rebuild.Watch(ctx, rebuild.Config{
		Directory: directory,
		Packages:  "./functions/...",
		Files:     []string{"Makefile"},
		Fixed:     []string{templatePath},
		Command:   []string{"make", "build"},
		Log:       s.journal,
		Say:       s.say,
		Built:     s.renew,
	})
	return err
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return err != nil
}

func onOff(name string, otherwise bool) (bool, error) {
	switch value := os.Getenv(name); value {
	case "":
		return otherwise, nil
	case "on", "off":
		return value == "on", nil
	default:
		return false, fmt.Errorf("%s=%s is neither on nor off", name, value)
	}
}

// keepBinaries says where each function's binary is: in dist, or kept from there where a build may replace it.
func (s *stack) keepBinaries() (func(function string) string, error) {
	if s.watcher == nil {
		return func(function string) string { return filepath.Join(binaries, function) }, nil
	}
	var names []string
	for _, f := range s.template.Functions {
		names = append(names, f.Name)
	}
	var err error
	if s.binaries, err = rebuild.Keep(binaries, keptBinaries(s.home), names); err != nil {
		return nil, err
	}
	s.onStop = append(s.onStop, s.binaries.Remove)
	return s.binaries.Path, nil
}

// startRebuilding watches the sources until the stack stops.
func (s *stack) startRebuilding(ctx context.Context) error {
	if s.watcher == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.watcher.Run(ctx)
	}()
	s.onStop = append(s.onStop, func() error {
		cancel()
		<-finished
		return nil
	})
	return nil
}

// renew replaces the processes whose binary a build has changed.
func (s *stack) renew(ctx context.Context, took time.Duration) {
	changed, err := s.binaries.Refresh()
	if err != nil {
		s.say("%v", err)
	}
	if i := slices.Index(changed, migrator); i >= 0 {
		s.replace(migrator)
		if err := s.migrate(ctx); err != nil && ctx.Err() == nil {
			s.say("%v", err)
		}
	}
	for _, function := range changed {
		if function != migrator {
			s.replace(function)
		}
	}
	s.say("built in %s, replaced: %s", took.Round(10*time.Millisecond), summary(changed))
}

// replace lets requests end on the old binary. A worker would stay on it for the rest of its 90 s, and another run
// takes up what it leaves.
func (s *stack) replace(function string) {
	worker := slices.ContainsFunc(s.template.Functions, func(f template.Function) bool {
		return f.Name == function && len(f.Schedules) > 0 && len(f.Routes) == 0
	})
	if worker {
		s.resuming.Store(function, true)
	}
	if err := s.runtime.Replace(function, s.binaries.Path(function), worker); err != nil {
		s.say("%v", err)
	}
}

// resumes tells whether an interrupted run begins anew. Of those that overlapped one is enough: two full ones would
// leave no room for the schedule's next, and a gap after them.
func (s *stack) resumes(function string) bool {
	_, first := s.resuming.LoadAndDelete(function)
	return first
}

func summary(functions []string) string {
	const most = 4 // names fit a line
	switch {
	case len(functions) == 0:
		return "nothing, the binaries are as they were"
	case len(functions) > most:
		return fmt.Sprintf("%d functions, such as %s", len(functions), functions[0])
	}
	return strings.Join(functions, ", ")
}
