package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/localstack/servers"
)

// stack is a running local stack.
type stack struct {
	cmd    *exec.Cmd
	place  string // a directory that everybody enters: root's servers run as another user
	home   string
	url    string
	log    *os.File
	ended  chan struct{} // closed when the program has ended
	events sync.WaitGroup
}

// stackFile is stack.json as the contract has it.
type stackFile struct {
	BaseURL     string         `json:"base_url"`
	DatabaseURL string         `json:"database_url"`
	RedisURL    string         `json:"redis_url"`
	AWSEndpoint string         `json:"aws_endpoint_url"`
	AWSKey      string         `json:"aws_access_key_id"`
	AWSSecret   string         `json:"aws_secret_access_key"`
	PIDs        map[string]int `json:"pids"`
}

// launch answers when the stack is ready.
func launch(port string, variables ...string) (*stack, error) {
	s, err := prepare(port, variables...)
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // stop reads how it ended
		_ = s.log.Close()
		close(s.ended)
	}()
	var f stackFile
	if !happens(func() bool { f, err = s.file(); return err == nil || s.hasEnded() }) || err != nil {
		tail := s.tail()
		_ = s.stop()
		s.wipe()
		return nil, fmt.Errorf("the stack does not start: %w\n%s", err, tail)
	}
	s.url = f.BaseURL
	return s, nil
}

// prepare readies a stack that is not started yet.
func prepare(port string, variables ...string) (*stack, error) {
	place, err := os.MkdirTemp("", "mercato-e2e-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(place, 0o755); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(place, "log"))
	if err != nil {
		return nil, err
	}
	path, err := filepath.Abs(program)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	s := &stack{cmd: exec.Command(path, "dev"), place: place, home: filepath.Join(place, "state"), log: log, ended: make(chan struct{})}
	s.cmd.Dir = root
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Env = append(os.Environ(), "DATABASE_URL=", "REDIS_URL=", "AWS_ENDPOINT_URL=", "STAGE=", "HOT_REBUILD=off", "MERCATO_HOME="+s.home, "PORT="+port)
	s.cmd.Env = append(s.cmd.Env, variables...)
	return s, nil
}

// Ports lie below those that systems give to outgoing connections, one of which could take a free port before the stack
// does, and below those that the stack gives to its servers.
const (
	firstPort = 10000
	lastPort  = 15000
)

func freePort() (port string, err error) {
	for range 100 { // a hundred busy ones in a row mean something else
		port = strconv.Itoa(firstPort + rand.IntN(lastPort-firstPort))
		var listener net.Listener
		if listener, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			return port, listener.Close()
		}
	}
	return "", err
}

func (s *stack) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

func (s *stack) file() (f stackFile, err error) {
	content, err := os.ReadFile(filepath.Join(s.home, "stack.json"))
	if err == nil {
		err = json.Unmarshal(content, &f)
	}
	return f, err
}

// stop interrupts the stack and says what is wrong with its end.
func (s *stack) stop() error {
	defer s.events.Wait()
	if s.hasEnded() {
		return nil // the test has killed it, or it never began
	}
	family := descendants(s.cmd.Process.Pid)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		return fmt.Errorf("it did not stop within %s of SIGTERM", patience)
	}
	var failed []error
	if !s.cmd.ProcessState.Success() {
		failed = append(failed, fmt.Errorf("after SIGTERM: %s", s.cmd.ProcessState))
	}
	if left := living(family); len(left) > 0 {
		failed = append(failed, fmt.Errorf("processes outlived it: %v", left))
	}
	if _, err := s.file(); err == nil {
		failed = append(failed, errors.New("stack.json outlived it"))
	}
	return errors.Join(failed...)
}

// wipe removes all that the stack wrote.
func (s *stack) wipe() {
	_ = servers.Wipe(s.home)
	_ = os.RemoveAll(s.place)
}

// tailLength shows a fault's circumstances without drowning it.
const tailLength = 6000

func (s *stack) tail() string {
	content, err := os.ReadFile(filepath.Join(s.place, "log"))
	if err != nil {
		return err.Error()
	}
	return "log of the stack:\n" + string(content[max(0, len(content)-tailLength):])
}

// owner opens the stack's database with every right.
func (s *stack) owner(t *testing.T) *pgxpool.Pool {
	t.Helper()
	needInside(t, s)
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	db, err := pgxpool.New(context.Background(), f.DatabaseURL) // the pool outlives t's context, for t.Cleanup
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func (s *stack) redis(t *testing.T) *redis.Client {
	t.Helper()
	needInside(t, s)
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	options, err := redis.ParseURL(f.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}
