package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mercato/localstack/gateway"
	"mercato/localstack/provision"
	"mercato/localstack/runtime"
	"mercato/localstack/schedule"
	"mercato/localstack/secrets"
	"mercato/localstack/template"
	"mercato/shared/platform/config"
)

const (
	templatePath = "template.yaml"
	binaries     = "dist"
)

// connections are the variables whose values are the stack's business: the DATABASE_URL with which somebody names a
// given Postgres is its owner's, and no function but db-migrate may have that.
var connections = []string{
	"DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_PASSWORD", "REDIS_URL", "SESSION_PUBLIC_KEYS", "AWS_ENDPOINT_URL", "STAGE",
	"ORDERS_DLQ_URL", "ORDERS_PARKING_URL", "PICTURES_BUCKET", "WEB_BUCKET",
}

// checkBuilt fails unless each function of the template has its binary, before anything is started.
func checkBuilt(context.Context) error {
	if _, err := os.Stat(templatePath); err != nil {
		return errors.New("no template.yaml here: run this in the top directory of the checkout")
	}
	t, err := template.Load(templatePath, nil)
	if err != nil {
		return err
	}
	var missing []string
	for _, f := range t.Functions {
		if info, err := os.Stat(filepath.Join(binaries, f.Name)); err != nil || !info.Mode().IsRegular() {
			missing = append(missing, f.Name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d of %d functions are not built, such as %s: run make build", len(missing), len(t.Functions), filepath.Join(binaries, missing[0]))
	}
	return nil
}

// loadTemplate reads the template with what this stack has to offer.
func (s *stack) loadTemplate(context.Context) error {
	public, err := secrets.Session(s.home, s.signer)
	if err != nil {
		return err
	}
	password, err := secrets.Password(s.home, "roles")
	if err != nil {
		return err
	}
	database, err := withoutUser(s.servers.DatabaseURL())
	if err != nil {
		return err
	}
	s.template, err = template.LoadMade(templatePath, map[string]string{
		"Stage":             stage(),
		"DatabaseUrl":       database,
		"DatabaseOwnerUrl":  s.servers.DatabaseURL(),
		"DatabasePassword":  password,
		"RedisUrl":          s.servers.RedisURL(),
		"SessionPublicKeys": public,
		"PublicOrigin":      s.baseURL(),
	}, s.made)
	return err
}

func stage() string {
	if stage := os.Getenv("STAGE"); stage != "" {
		return stage
	}
	return "local"
}

func (s *stack) startRuntime(context.Context) error {
	command, err := s.keepBinaries()
	if err != nil {
		return err
	}
	cfg := runtime.Config{Log: s.journal, Freeze: s.freeze}
	for _, f := range s.template.Functions {
		cfg.Functions = append(cfg.Functions, runtime.Function{
			Name:        f.Name,
			Command:     command(f.Name),
			Environment: environment(f.Environment, s.aws, os.LookupEnv),
			MemoryMB:    f.MemoryMB,
			Timeout:     f.Timeout,
			Concurrency: f.Concurrency,
		})
	}
	if s.runtime, err = runtime.Start(cfg); err != nil {
		return err
	}
	s.onStop = append(s.onStop, s.closeRuntime)
	return nil
}

// closeRuntime ends the functions' processes; again it has nothing to do.
func (s *stack) closeRuntime() error {
	ctx, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	return s.runtime.Close(ctx)
}

// environment is the template's, with the variables that the system knows and the developer has set for the stack
// laid over it.
func environment(fromTemplate map[string]string, aws provision.Host, own func(string) (string, bool)) []string {
	values := maps.Clone(fromTemplate)
	for _, name := range config.Names() {
		if value, set := own(name); set && !slices.Contains(connections, name) {
			values[name] = value
		}
	}
	values["AWS_ENDPOINT_URL"] = aws.Endpoint
	values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"] = aws.Key, aws.Secret
	var environment []string
	for name, value := range values {
		environment = append(environment, name+"="+value)
	}
	slices.SortFunc(environment, strings.Compare)
	return environment
}

func routes(t *template.Template) []gateway.Route {
	var all []gateway.Route
	for _, f := range t.Functions {
		for _, r := range f.Routes {
			all = append(all, gateway.Route{Method: r.Method, Path: r.Path, Function: f.Name})
		}
	}
	return all
}

func jobs(t *template.Template) ([]schedule.Job, error) {
	var all []schedule.Job
	for _, f := range t.Functions {
		for _, s := range f.Schedules {
			when, err := schedule.Parse(s.Expression, s.Zone)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", s.Name, f.Name, err)
			}
			all = append(all, schedule.Job{Name: s.Name, Function: f.Name, When: when, Input: s.Input})
		}
	}
	return all, nil
}
