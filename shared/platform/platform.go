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
	Kind string // "secret", "queue" or "bucket"
	Open func(c config.Config, name string) any
}

// Secret is a value that is kept outside the environment.
type Secret interface {
	Value(ctx context.Context) ([]byte, error)
}

// Queue hands messages from one invocation to a later one, each at least once. Its failures are Unavailable.
type Queue interface {
	Send(ctx context.Context, body string) error
	// Receive answers up to most messages, ten at the most, and hides them from others for as long as visibility
	// says; 0 means as long as the queue says. It waits for the first one, 20 s at most; with 0 as long as
	// the queue says. Both are rounded up to seconds.
	Receive(ctx context.Context, most int, wait, visibility time.Duration) ([]Message, error)
	// Delete forgets messages. A receipt that is no longer the last of its message does nothing.
	Delete(ctx context.Context, receipts ...string) error
	// Hide sets how long, from now, a received message stays hidden: 0 gives it back at once, 12 h is the most.
	Hide(ctx context.Context, receipt string, d time.Duration) error
}

// Message is one receipt of a message of a Queue.
type Message struct {
	ID, Body string
	Receipt  string // for Delete and Hide
	Receives int    // how often it was received, this time included
}

// Bucket keeps objects under keys. Its failures are Unavailable, unless the method says otherwise.
type Bucket interface {
	// PresignPost answers a form with which a browser may, for as long as ttl says, upload one object of
	// this type under this key, of minBytes to maxBytes. It does not call the bucket.
	PresignPost(ctx context.Context, key, contentType string, minBytes, maxBytes int64, ttl time.Duration) (Form, error)
	// Get answers an object of up to limit bytes: Invalid when it is larger, NotFound when there is none, which
	// AWS tells only those who may list the bucket.
	Get(ctx context.Context, key string, limit int64) (Object, error)
	Put(ctx context.Context, key string, object Object) error
	// Delete succeeds when there is no such object.
	Delete(ctx context.Context, key string) error
}

// Form is where a browser posts a file, and the fields that it sends before the file, which is called "file".
type Form struct {
	URL    string
	Fields map[string]string
}

// Object is the content of a Bucket's object, with the headers that are sent with it.
type Object struct {
	Body         []byte
	ContentType  string
	CacheControl string // empty for none
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

// Needs lists what was asked for, sorted: "bucket:pictures", "postgres:orders", "queue:orders-dlq", "redis".
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

// Queue returns the queue named; nil when recording. It panics, at start, when main granted none.
func (e *Env) Queue(name string) Queue {
	if e.need("queue:" + name) {
		return nil
	}
	queue, _ := e.granted("queue", name).(Queue)
	return queue
}

// Bucket returns the bucket named; nil when recording. It panics, at start, when main granted none.
func (e *Env) Bucket(name string) Bucket {
	if e.need("bucket:" + name) {
		return nil
	}
	bucket, _ := e.granted("bucket", name).(Bucket)
	return bucket
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
