package servers_test

import (
	"os"
	"strings"
	"testing"

	"mercato/localstack/servers"
)

func TestStart_throwAway(t *testing.T) {
	t.Parallel()
	s, _ := start(t, servers.Config{})
	for setting, want := range map[string]string{"fsync": "off", "max_connections": "300", "wal_level": "minimal"} {
		if got := query(t, s.DatabaseURL(), "SHOW "+setting); got != want {
			t.Errorf("%s is %s, want %s", setting, got, want)
		}
	}
	databases, err := redisClient(t, s.RedisURL()).ConfigGet(t.Context(), "databases").Result()
	if err != nil || databases["databases"] != "4096" {
		t.Errorf("Redis has %v databases, %v", databases, err)
	}
	data := query(t, s.DatabaseURL(), `SHOW data_directory`)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", data, err)
	}
}

func TestStart_pipOnly(t *testing.T) {
	t.Parallel()
	s, _ := start(t, servers.Config{PipOnly: true})
	if got := query(t, s.DatabaseURL(), `SHOW server_version_num`); !strings.HasPrefix(got, "18") {
		t.Errorf("Postgres %s, want the pinned 18", got)
	}
	query(t, s.DatabaseURL(), `CREATE EXTENSION pg_trgm`)
	if got := query(t, s.DatabaseURL(), `SELECT similarity('word', 'word')::text`); got != "1" {
		t.Errorf("pg_trgm answers %s", got)
	}
}

func TestStart_given(t *testing.T) {
	t.Parallel()
	own, _ := start(t, servers.Config{})
	given, _ := start(t, servers.Config{DatabaseURL: own.DatabaseURL(), RedisURL: own.RedisURL()})
	if pid, other := given.PIDs(); pid != 0 || other != 0 {
		t.Errorf("given servers have pids %d and %d", pid, other)
	}
	if given.DatabaseURL() != own.DatabaseURL() || given.RedisURL() != own.RedisURL() {
		t.Error("other URLs than given")
	}
	if err := given.Stop(); err != nil {
		t.Fatal(err)
	}
	if got := query(t, own.DatabaseURL(), `SELECT 'runs'`); got != "runs" {
		t.Error("Stop ended a server that was given")
	}
}

func TestStart_givenButAway(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]servers.Config{
		"DATABASE_URL": {DatabaseURL: "postgres://nobody@127.0.0.1:1/none?sslmode=disable"},
		"REDIS_URL":    {RedisURL: "redis://127.0.0.1:1"},
	} {
		s, err := servers.Start(t.Context(), cfg)
		if s != nil || err == nil || !strings.Contains(err.Error(), "unset "+name) {
			t.Errorf("%s: %v, want the fix", name, err)
		}
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	state := home(t)
	first, err := servers.Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := servers.Lock(state); err == nil || !strings.Contains(err.Error(), "MERCATO_HOME") {
		t.Errorf("a second lock: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := servers.Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}
