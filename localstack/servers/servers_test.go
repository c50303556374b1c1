package servers_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"mercato/localstack/servers"
)

// patience bounds every wait of these tests: a machine under load starts a Postgres in a few seconds.
const patience = time.Minute

// asHelper makes the test binary start servers and wait for its end, so that a test can kill it.
const asHelper = "SERVERS_HELPER_STATE"

// started is what a helper prints once its servers are ready.
type started struct {
	DatabaseURL, RedisURL string
	Postgres, Redis       int
}

func TestMain(m *testing.M) {
	state, helper := os.LookupEnv(asHelper)
	if !helper {
		os.Exit(m.Run())
	}
	s, err := servers.Start(context.Background(), servers.Config{
		State: state, Changed: func() {}, Say: func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	pid, other := s.PIDs()
	_ = json.NewEncoder(os.Stdout).Encode(started{s.DatabaseURL(), s.RedisURL(), pid, other})
	select {}
}

// home makes a state directory that every user can reach. Data that had to move is wiped.
func home(t *testing.T) string {
	t.Helper()
	state := t.TempDir()
	if err := os.Chmod(filepath.Dir(state), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := servers.Wipe(state); err != nil {
			t.Error(err)
		}
	})
	return state
}

// start starts servers and stops them at the end of the test. changes holds a value for each server that came back.
func start(t *testing.T, cfg servers.Config) (s *servers.Servers, changes chan struct{}) {
	t.Helper()
	changes = make(chan struct{}, 100)
	cfg.Say = func(format string, a ...any) { t.Logf(format, a...) }
	cfg.Changed = func() { changes <- struct{}{} }
	s, err := servers.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s, changes
}

// startHelper starts servers in a process of their own.
func startHelper(t *testing.T, state string) (*exec.Cmd, started) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asHelper+"="+state)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var got started
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	return cmd, got
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var value string
	err = conn.QueryRow(t.Context(), sql).Scan(&value)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) { // a statement that answers no row
		t.Fatal(err)
	}
	return value
}

func redisClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// until polls, because what it waits for happens in other processes.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// gone counts a zombie as gone: nobody may be there to bury it.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	out, _ := exec.Command("ps", "-o", "stat=", "-p", fmt.Sprint(pid)).Output()
	return strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

func receive(t *testing.T, changes <-chan struct{}) {
	t.Helper()
	select {
	case <-changes:
	case <-time.After(patience):
		t.Fatal("no server came back")
	}
}
