package platform_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/fault"
)

type secret string

func (s secret) Value(context.Context) ([]byte, error) { return []byte(s), nil }

func open(t *testing.T, grants ...platform.Grant) *platform.Env {
	t.Helper()
	set := map[string]string{"DATABASE_URL": "postgres://127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1"}
	env, err := platform.New(func(name string) (string, bool) { v, ok := set[name]; return v, ok }, grants...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(env.Close)
	return env
}

func TestRecording(t *testing.T) {
	t.Parallel()
	env := platform.Recording()
	if env.Redis() != nil || env.Postgres("orders") != nil || env.Secret("session") != nil {
		t.Error("a recording environment opened something")
	}
	env.Redis()
	if got := env.Needs(); !slices.Equal(got, []string{"postgres:orders", "redis", "secret:session"}) {
		t.Errorf("needs %v", got)
	}
}

func TestEnv(t *testing.T) {
	t.Parallel()
	env := open(t, platform.Grant{Kind: "secret", Open: func(_ config.Config, name string) any { return secret("of " + name) }})
	if env.Database() != nil {
		t.Error("a database that nobody asked for")
	}
	if db := env.Postgres("orders"); db == nil || db != env.Postgres("orders") || db != env.Database() {
		t.Error("a pool is opened once")
	}
	if v, err := env.Secret("session").Value(t.Context()); err != nil || string(v) != "of session" {
		t.Errorf("secret %q, %v", v, err)
	}
	env.Redis()
	env.Connected() // both refuse: no failure, no wait
}

func TestSecretThatNobodyGranted(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic: the mistake of a main would show with the first request only")
		}
	}()
	open(t).Secret("session")
}

type redisError string

func (e redisError) Error() string { return string(e) }

func (redisError) RedisError() {}

func TestKindOf(t *testing.T) {
	t.Parallel()
	refused := open(t).Redis().Ping(t.Context()).Err()
	for name, c := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"own":         {fault.New(fault.NotFound, "", "x"), fault.NotFound},
		"loading":     {fmt.Errorf("x: %w", redisError("LOADING Redis is loading")), fault.Unavailable},
		"no group":    {redisError("NOGROUP No such key"), fault.Unavailable},
		"wrong type":  {redisError("WRONGTYPE Operation"), fault.Internal},
		"nil reply":   {redis.Nil, fault.Internal},
		"refused":     {refused, fault.Unavailable},
		"deadline":    {context.DeadlineExceeded, fault.Unavailable},
		"foreign":     {errors.New("x"), fault.Internal},
		"no error":    {nil, fault.Internal},
		"pool closed": {redis.ErrClosed, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := platform.KindOf(c.err); got != c.want {
				t.Errorf("KindOf(%v) = %d, want %d", c.err, got, c.want)
			}
		})
	}
}
