// Package servers finds or brings a Postgres and a Redis (or Valkey) without Docker and without a set-up, and keeps
// them running: a server that dies comes back on its port, and none outlives the program that started it.
package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Config says which servers are wanted and where they live.
type Config struct {
	State       string                        // absolute state directory: data, ports and passwords are kept in it. Empty: throw-away servers made for tests.
	DatabaseURL string                        // owner URL of a given Postgres; nothing is started then
	RedisURL    string                        // URL of a given Redis; nothing is started then
	PipOnly     bool                          // pass over installed servers
	Say         func(format string, a ...any) // progress, one line a call
	Changed     func()                        // called after a server came back with another pid
}

// Servers is a running pair.
type Servers struct {
	databaseURL, redisURL string
	postgres, redis       *server // nil when given
	temporary             string  // the directory of throw-away servers
	client                string  // psql
}

// Start answers when both servers accept commands. An error is one line that names what to do about it; nothing is left running then.
func Start(ctx context.Context, cfg Config) (_ *Servers, err error) {
	s := &Servers{databaseURL: cfg.DatabaseURL, redisURL: cfg.RedisURL, client: "psql"}
	defer func() {
		if err != nil {
			_ = s.Stop()
		}
	}()
	if err := s.checkGiven(ctx); err != nil {
		return nil, err
	}
	if s.databaseURL != "" && s.redisURL != "" {
		return s, nil
	}
	home, err := s.settle(cfg)
	if err != nil {
		return nil, err
	}
	return s, s.startOwn(ctx, cfg, home)
}

// settle prepares the directory that holds the servers' own.
func (s *Servers) settle(cfg Config) (home, error) {
	as, err := findOwner()
	if err != nil {
		return home{}, err
	}
	h := home{state: cfg.State, owner: as, say: cfg.Say, fast: cfg.State == ""}
	if h.fast {
		h.base, err = as.temporary()
		s.temporary = h.base
		return h, err
	}
	h.base, err = as.place(dataDirectories(cfg.State))
	if err == nil && h.base != dataDirectories(cfg.State)[0] {
		cfg.Say("data lies in %s: user %q, which runs the servers because root may not, cannot enter %s", h.base, as.name, cfg.State)
	}
	return h, err
}

// startOwn starts what is not given, both at once.
func (s *Servers) startOwn(ctx context.Context, cfg Config, h home) error {
	var group sync.WaitGroup
	var postgresErr, redisErr error
	programs := &finder{owner: h.owner, pipOnly: cfg.PipOnly, say: cfg.Say}
	if s.databaseURL == "" {
		group.Go(func() { s.postgres, s.databaseURL, postgresErr = startPostgres(ctx, h, programs, cfg.Changed) })
	}
	if s.redisURL == "" {
		group.Go(func() { s.redis, s.redisURL, redisErr = startRedis(ctx, h, programs, cfg.Changed) })
	}
	group.Wait()
	if _, err := exec.LookPath(s.client); err != nil && s.postgres != nil {
		s.client = filepath.Join(filepath.Dir(s.postgres.path), "psql")
	}
	if postgresErr != nil && redisErr != nil {
		return fmt.Errorf("%w; and %w", postgresErr, redisErr)
	}
	return errors.Join(postgresErr, redisErr)
}

// DatabaseURL is the owner's: superuser of a started Postgres, database mercato.
func (s *Servers) DatabaseURL() string { return s.databaseURL }

// RedisURL has every right.
func (s *Servers) RedisURL() string { return s.redisURL }

// Psql is the command for a shell on the database.
func (s *Servers) Psql() string { return s.client }

// PIDs answers the processes as they are now; 0 for a server that was given.
func (s *Servers) PIDs() (postgres, redis int) { return s.postgres.pid(), s.redis.pid() }

// Stop ends both within about ten seconds, cleanly when they let it, and removes throw-away data.
func (s *Servers) Stop() error {
	var group sync.WaitGroup
	for _, one := range []*server{s.postgres, s.redis} {
		if one != nil {
			group.Go(one.stop)
		}
	}
	group.Wait()
	if s.temporary == "" {
		return nil
	}
	if err := os.RemoveAll(s.temporary); err != nil {
		return fmt.Errorf("remove the servers' data: %w", err)
	}
	return nil
}

// Wipe removes the servers' data of a state directory, wherever it lies, and nothing that somebody else has
// put beside it.
func Wipe(state string) error {
	var failed []error
	for _, directory := range dataDirectories(state) {
		for _, name := range []string{"postgres", "redis"} {
			path := filepath.Join(directory, name)
			if _, err := os.Lstat(filepath.Join(path, "port")); err == nil { // ours: it keeps its port there
				failed = append(failed, os.RemoveAll(path))
			}
		}
		_ = os.Remove(directory) // only when it is empty
	}
	return errors.Join(failed...)
}
