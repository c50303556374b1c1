// Package platform is what a function stands on: its environment, opened as far as it is asked for.
//
// Opening is declaring. A function's Open asks the Env for what it needs; run against a Recording
// environment the same Open tells what those needs are, and a test compares them with the policies in
// template.yaml.
package platform

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/config"
	"mercato/shared/platform/postgres"
)

// Env gives a function its database, its Redis and its grants. What is opened begins to connect at once,
// beside whatever else the function does before its first event. It is not safe for concurrent opening.
type Env struct {
	config    config.Config
	grants    map[string]Grant
	recording bool
	needs     []string
	pools     map[string]*pgxpool.Pool
	role      string
	redis     *redis.Client
	dials     sync.WaitGroup
}

// Grant is a client of a foreign system, handed in by main, so that only the binaries that use the
// client link it.
type Grant struct {
	Kind string // "secret"
	Open func(c config.Config, name string) any
}

// Secret is a value that is kept outside the environment.
type Secret interface {
	Value(ctx context.Context) ([]byte, error)
}

// FromOS reads the process's environment.
func FromOS(grants ...Grant) (*Env, error) { return New(os.LookupEnv, grants...) }

// New reads an environment through lookup.
func New(lookup func(string) (string, bool), grants ...Grant) (*Env, error) {
	c, err := config.Load(lookup)
	if err != nil {
		return nil, err
	}
	e := &Env{config: c, grants: map[string]Grant{}, pools: map[string]*pgxpool.Pool{}}
	for _, g := range grants {
		e.grants[g.Kind] = g
	}
	return e, nil
}

// Recording returns an environment that opens nothing and remembers what was asked for.
func Recording() *Env { return &Env{recording: true} }

// Config returns the configuration.
func (e *Env) Config() config.Config { return e.config }

// Needs lists what was asked for, sorted: "postgres:orders", "redis", "secret:session".
func (e *Env) Needs() []string { return slices.Sorted(slices.Values(e.needs)) }

func (e *Env) need(what string) (recording bool) {
	if !slices.Contains(e.needs, what) {
		e.needs = append(e.needs, what)
	}
	return e.recording
}

// Postgres returns the pool of a role; nil when recording. It panics, at start, when DATABASE_URL
// cannot be read.
func (e *Env) Postgres(role string) *pgxpool.Pool {
	if e.need("postgres:" + role) {
		return nil
	}
	if e.pools[role] == nil {
		pool := must(postgres.Open(e.config, role))
		e.pools[role], e.role = pool, role
		e.dial(func(ctx context.Context) { _ = pool.Ping(ctx) })
	}
	return e.pools[role]
}

// Database returns the pool that the function's Open asked for, nil when it asked for none. A function
// has one role.
func (e *Env) Database() *pgxpool.Pool { return e.pools[e.role] }

// Redis returns the client; nil when recording. It panics, at start, when REDIS_URL cannot be read.
// Commands are never retried: a repeated XADD is a second entry.
func (e *Env) Redis() *redis.Client {
	if e.need("redis") {
		return nil
	}
	if e.redis == nil {
		e.redis = must(openRedis(e.config))
		e.dial(func(ctx context.Context) { _ = e.redis.Ping(ctx).Err() })
	}
	return e.redis
}

// Secret returns the secret named; nil when recording. It panics, at start, when main granted none.
func (e *Env) Secret(name string) Secret {
	if e.need("secret:" + name) {
		return nil
	}
	secret, _ := e.granted("secret", name).(Secret)
	return secret
}

func (e *Env) granted(kind, name string) any {
	g, ok := e.grants[kind]
	if !ok {
		panic(fmt.Sprintf("nothing of kind %q was granted; main must hand it in", kind))
	}
	return g.Open(e.config, name)
}

// connectTimeout bounds the connections made before the first event; a database that does not answer
// is met again, and reported, by the event.
const connectTimeout = time.Second

// dial connects in the background, best effort.
func (e *Env) dial(connect func(context.Context)) {
	e.dials.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
		defer cancel()
		connect(ctx)
	})
}

// Connected waits until everything opened is connected or has failed to, a second at most: a function must
// not ask for its first event, after which it may be frozen, with a connection half made.
func (e *Env) Connected() { e.dials.Wait() }

// Close ends every connection.
func (e *Env) Close() {
	e.dials.Wait()
	for _, pool := range e.pools {
		pool.Close()
	}
	if e.redis != nil {
		_ = e.redis.Close()
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
