package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"mercato/localstack/sam"
)

// samLocal runs the system as dev does, with the functions in containers behind SAM's API. What SAM does not emulate, the
// schedules, runs as it does there, and so does db-migrate.
func samLocal(ctx context.Context) error {
	s := newStack("make sam-local")
	err := s.live(ctx,
		checkBuilt,
		checkSAM,
		s.claim,
		s.startDocker,
		s.bringSAM,
		s.startAWS,
		s.startServers,
		s.loadTemplate,
		s.startRuntime,
		s.migrate,
		s.startSchedules,
		s.startSAM,
		s.awaitReady,
		s.announceFirst,
	)
	if errors.Is(err, sam.ErrNoDocker) {
		fmt.Fprintln(os.Stderr, "localstack:", err)
		return exitStatus(noDocker)
	}
	return err
}

// noDocker is the exit status by which scripts tell a machine that cannot have Docker from a failure.
const noDocker = 3

func checkSAM(context.Context) error { return sam.Check() }

func (s *stack) bringSAM(ctx context.Context) error { return sam.Bring(ctx, s.say) }

func (s *stack) startDocker(ctx context.Context) error {
	var err error
	if s.docker, err = sam.Connect(ctx, s.home, s.say); err != nil {
		return err
	}
	s.onStop = append(s.onStop, s.docker.Close)
	return nil
}

// startSAM gives SAM the port that was held for it until now.
func (s *stack) startSAM(ctx context.Context) error {
	functions := map[string]map[string]string{}
	for _, f := range s.template.Functions {
		functions[f.LogicalID] = map[string]string{}
		for _, variable := range environment(f.Environment, s.aws, os.LookupEnv) {
			name, value, _ := strings.Cut(variable, "=")
			functions[f.LogicalID][name] = value
		}
	}
	if err := s.listener.Close(); err != nil {
		return err
	}
	api, err := s.docker.Start(ctx, sam.Config{
		Template:  templatePath,
		State:     s.home,
		Port:      s.port,
		Functions: functions,
		Log:       func(line string) { fmt.Fprintf(s, "sam | %s\n", line) },
		Say:       s.say,
		Ended:     func(err error) { s.broken <- err },
	})
	if err != nil {
		return err
	}
	s.onStop = append(s.onStop, api.Close)
	return nil
}
