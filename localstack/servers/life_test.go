package servers_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"mercato/localstack/secrets"
	"mercato/localstack/servers"
)

func TestStart_dataAndPortsSurvive(t *testing.T) {
	t.Parallel()
	state := home(t)
	first, _ := start(t, servers.Config{State: state})
	query(t, first.DatabaseURL(), `CREATE TABLE kept AS SELECT 'yes' AS v`)
	if err := redisClient(t, first.RedisURL()).Set(t.Context(), "kept", "yes", 0).Err(); err != nil {
		t.Fatal(err)
	}
	pid, other := first.PIDs()
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if !gone(pid) || !gone(other) {
		t.Error("a server outlived Stop")
	}
	second, _ := start(t, servers.Config{State: state})
	if second.DatabaseURL() != first.DatabaseURL() || second.RedisURL() != first.RedisURL() {
		t.Errorf("other addresses after a restart: %s and %s", second.DatabaseURL(), second.RedisURL())
	}
	if got := query(t, second.DatabaseURL(), `SELECT v FROM kept`); got != "yes" {
		t.Errorf("the table holds %q", got)
	}
	if got, err := redisClient(t, second.RedisURL()).Get(t.Context(), "kept").Result(); got != "yes" {
		t.Errorf("the key holds %q, %v", got, err)
	}
}

func TestStart_onlyWithPassword(t *testing.T) {
	t.Parallel()
	state := home(t)
	s, _ := start(t, servers.Config{State: state})
	for _, key := range []string{"postgres", "redis"} {
		info, err := os.Stat(filepath.Join(secrets.Directory(state), key))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("key of %s: %v, %v", key, info, err)
		}
	}
	config, err := pgx.ParseConfig(s.DatabaseURL())
	if err != nil {
		t.Fatal(err)
	}
	config.Password = "wrong"
	if _, err := pgx.ConnectConfig(t.Context(), config); err == nil || !strings.Contains(err.Error(), "28P01") {
		t.Errorf("a wrong password: %v", err)
	}
	if got := query(t, s.DatabaseURL(), `SHOW listen_addresses`) + query(t, s.DatabaseURL(), `SHOW unix_socket_directories`); got != "127.0.0.1" {
		t.Errorf("Postgres listens on %q", got)
	}
	_, hostAndPort, _ := strings.Cut(s.RedisURL(), "@")
	if err := redisClient(t, "redis://"+hostAndPort).Ping(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("no password: %v", err)
	}
}

func TestServerDies(t *testing.T) {
	t.Parallel()
	s, changes := start(t, servers.Config{State: home(t)})
	before, other := s.PIDs()
	for _, pid := range []int{before, other} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		receive(t, changes)
	}
	after, otherAfter := s.PIDs()
	if after == before || otherAfter == other || after == 0 || otherAfter == 0 {
		t.Errorf("pids %d and %d, before %d and %d", after, otherAfter, before, other)
	}
	if got := query(t, s.DatabaseURL(), `SELECT 'there'`); got != "there" {
		t.Error(got)
	}
	if err := redisClient(t, s.RedisURL()).Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
}

func TestStart_overForeignPidFile(t *testing.T) {
	t.Parallel()
	state := home(t)
	first, _ := start(t, servers.Config{State: state})
	data := query(t, first.DatabaseURL(), `SHOW data_directory`)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	// The number in a file that a power cut left belongs to somebody else by now: us.
	for _, path := range []string{filepath.Join(data, "postmaster.pid"), filepath.Join(data, "../../redis/data.pid")} {
		if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	second, _ := start(t, servers.Config{State: state})
	if pid, other := second.PIDs(); pid == 0 || other == 0 {
		t.Error("not running")
	}
}

func TestStart_closedHome(t *testing.T) {
	t.Parallel()
	closed := t.TempDir()
	state := filepath.Join(closed, "state")
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = servers.Wipe(state) })
	s, _ := start(t, servers.Config{State: state})
	data := query(t, s.DatabaseURL(), `SHOW data_directory`)
	if os.Geteuid() == 0 && strings.HasPrefix(data, closed) {
		t.Errorf("root's Postgres runs in %s, which another user cannot enter", data)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := servers.Wipe(state); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("%s outlived Wipe: %v", data, err)
	}
}

func TestStart_lostPassword(t *testing.T) {
	t.Parallel()
	state := home(t)
	s, _ := start(t, servers.Config{State: state})
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(secrets.Directory(state)); err != nil {
		t.Fatal(err)
	}
	_, err := servers.Start(t.Context(), servers.Config{State: state, Say: t.Logf, Changed: func() {}})
	if err == nil || !strings.Contains(err.Error(), "make reset") {
		t.Errorf("%v, want the fix", err)
	}
}
