package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mercato/localstack/servers"
)

// patience bounds every wait of these tests.
const patience = time.Minute

// programs holds the localstack program and the function that plays all functions.
var programs string

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "localstack-test-")
	if err != nil {
		panic(err)
	}
	programs = directory
	for name, source := range map[string]string{"localstack": ".", "fn": "./testdata/fn"} {
		if out, err := exec.Command("go", "build", "-o", filepath.Join(directory, name), source).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", source, err, out)
			os.Exit(1)
		}
	}
	status := m.Run()
	_ = os.RemoveAll(directory)
	os.Exit(status)
}

// checkout is a directory like the top of a checkout, with a little system in it.
type checkout struct {
	directory, home string
	port            string
	aws             string // AWS_ENDPOINT_URL
	awsPort         string // LOCALSTACK_PORT
	given           string // TEST_AWS_ENDPOINT_URL
	path            string // PATH, when it is another
}

func setup(t *testing.T) checkout {
	t.Helper()
	directory := t.TempDir()
	if err := os.Chmod(filepath.Dir(directory), 0o755); err != nil {
		t.Fatal(err)
	}
	template, err := os.ReadFile("testdata/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(directory, "template.yaml"), string(template))
	if err := os.Mkdir(filepath.Join(directory, "dist"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"db-migrate", "health-ready", "environment", "failing", "sleeping", "worker"} {
		if err := os.Link(filepath.Join(programs, "fn"), filepath.Join(directory, "dist", name)); err != nil {
			t.Fatal(err)
		}
	}
	c := checkout{directory: directory, home: filepath.Join(directory, "state"), port: freePort(t)}
	t.Cleanup(func() { _ = servers.Wipe(c.home) })
	return c
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// command prepares a run of the program in the checkout.
func (c checkout) command(t *testing.T, args ...string) (*exec.Cmd, *output) {
	t.Helper()
	cmd := exec.Command(filepath.Join(programs, "localstack"), args...)
	cmd.Dir = c.directory
	cmd.Env = append(os.Environ(), "MERCATO_HOME="+c.home, "PORT="+c.port, "LOG_LEVEL="+filepath.Join(c.directory, "migrated"),
		"DATABASE_URL=", "REDIS_URL=", "TEST_DATABASE_URL=", "TEST_REDIS_URL=", "STAGE=", "BASE_URL=",
		"AWS_ENDPOINT_URL="+c.aws, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=",
		"TEST_AWS_ENDPOINT_URL="+c.given, "LOCALSTACK_PORT="+c.awsPort)
	if c.path != "" {
		cmd.Env = append(cmd.Env, "PATH="+c.path, "HOME="+c.path) // pyenv's lie under HOME
	}
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, out
}

// run runs the program to its end, which it must find by itself.
func (c checkout) run(t *testing.T, args ...string) (status int, text string) {
	t.Helper()
	cmd, out := c.command(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	_ = cmd.Wait()
	if !late.Stop() {
		t.Errorf("%v did not end within %s", args, patience)
	}
	return cmd.ProcessState.ExitCode(), out.String()
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

func (c checkout) stackFile() (f stackFile, ok bool) {
	content, err := os.ReadFile(filepath.Join(c.home, "stack.json"))
	return f, err == nil && json.Unmarshal(content, &f) == nil
}

// dev starts a stack and answers once it is ready. It is stopped at the end of the test.
func (c checkout) dev(t *testing.T, environment ...string) (*exec.Cmd, *output, stackFile) {
	t.Helper()
	cmd, out := c.command(t, "dev")
	cmd.Env = append(cmd.Env, environment...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	until(t, "the stack is ready", func() bool { _, ok := c.stackFile(); return ok || gone(cmd.Process.Pid) })
	f, ok := c.stackFile()
	if !ok {
		t.Fatal("the stack ended")
	}
	return cmd, out, f
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

// output collects what a program writes while a test reads it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
