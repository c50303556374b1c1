// Package apitest sends requests to endpoints as their Lambdas would get them, on real Postgres and
// Redis, and holds every answer against the OpenAPI document.
package apitest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/shared/platform"
	"mercato/shared/platform/api"
	"mercato/shared/platform/config"
	"mercato/shared/platform/pgtest"
	"mercato/shared/platform/queuetest"
	"mercato/shared/platform/session"
	"mercato/shared/platform/streamtest"
)

// App is one test's shop.
type App struct {
	DB    *pgxpool.Pool // the owner's, for arranging and asserting
	Redis *redis.Client
	Queue *queuetest.Queue // every queue of the shop

	variables map[string]string
	key       session.PrivateKey
	secret    []byte
}

// New makes a shop with its own database and Redis. Variables override the environment.
func New(t testing.TB, variables map[string]string) *App {
	t.Helper()
	db := pgtest.New(t)
	redisURL, redisClient := streamtest.New(t)
	seed := make([]byte, ed25519.SeedSize)
	secret, _ := json.Marshal(map[string]string{"kid": "test", "private": base64.RawURLEncoding.EncodeToString(seed)})
	key, err := session.ParsePrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]string{
		"STAGE": "local", "DATABASE_URL": db.URL, "DATABASE_PASSWORD": pgtest.Password, "REDIS_URL": redisURL,
		"SESSION_PUBLIC_KEYS": key.Public(), "PUBLISH_TIMEOUT": "5s", "REQUEST_TIMEOUT": "30s",
	}
	maps.Copy(set, variables)
	return &App{DB: db.Owner(t), Redis: redisClient, Queue: &queuetest.Queue{}, variables: set, key: key, secret: secret}
}

// Env opens an environment as a function of the shop would, the secret and the grants in its hands; it closes with
// the test.
func (a *App) Env(t testing.TB, grants ...platform.Grant) *platform.Env {
	t.Helper()
	secret := platform.Grant{Kind: "secret", Open: func(config.Config, string) any { return constant(a.secret) }}
	all := append([]platform.Grant{secret, a.Queue.Grant()}, grants...) // the last of a kind counts
	env, err := platform.New(func(name string) (string, bool) { v, ok := a.variables[name]; return v, ok }, all...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Close)
	return env
}

type constant []byte

func (c constant) Value(context.Context) ([]byte, error) { return c, nil }

// SignUp makes a user with a session and returns him with the cookie that he sends.
func (a *App) SignUp(t testing.TB, username string, role session.Role) (session.Caller, *http.Cookie) {
	t.Helper()
	c := session.Caller{SessionID: uuid.NewString(), Username: username, Email: username + "@example.com", Role: role}
	err := a.DB.QueryRow(t.Context(), `
		WITH u AS (INSERT INTO auth.users (username, email, password_hash, role) VALUES ($1, $2, '', $3) RETURNING id),
		s AS (INSERT INTO auth.sessions (id, user_id, expires_at) SELECT $4, u.id, now() + interval '1 hour' FROM u)
		SELECT u.id FROM u`, c.Username, c.Email, string(role), c.SessionID).Scan(&c.UserID)
	if err != nil {
		t.Fatal(err)
	}
	token, err := a.key.Sign(c, time.Now(), 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return c, &http.Cookie{Name: session.CookieName(true), Value: token}
}

// Request is what a test sends. Body is marshalled to JSON unless it is a string or nil.
type Request struct {
	Path   string // defaults to the endpoint's own
	Body   any
	Header http.Header
	Cookie *http.Cookie
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Into decodes the answer's body.
func (a Answer) Into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("answer %d %s: %v", a.Status, a.Body, err)
	}
}

// Client sends requests to one endpoint.
type Client struct {
	operation api.Operation
	handler   http.Handler
	document  document
}

// Open makes a client of an endpoint.
func (a *App) Open(t testing.TB, o api.Operation) *Client {
	t.Helper()
	return &Client{o, o.Handler(a.Env(t)), documentOf(o)}
}

// Do sends a request and returns its answer, after holding it against the OpenAPI document.
func (c *Client) Do(t testing.TB, q Request) Answer {
	t.Helper()
	spec := c.operation.Spec()
	if q.Path == "" {
		q.Path = spec.Path
	}
	r := httptest.NewRequestWithContext(t.Context(), spec.Method, "http://shop.test"+q.Path, reader(t, q.Body))
	if q.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(r.Header, q.Header)
	if q.Cookie != nil {
		r.AddCookie(q.Cookie)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	answer := Answer{w.Code, w.Header(), w.Body.Bytes()}
	c.document.check(t, answer)
	return answer
}

func reader(t testing.TB, body any) io.Reader {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return http.NoBody
	case string:
		return strings.NewReader(b)
	}
	blob, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(blob)
}
