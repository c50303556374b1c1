package main_test

import (
	"encoding/json"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestDev(t *testing.T) {
	t.Parallel()
	c := setup(t)
	cmd, out, f := c.dev(t)
	if f.BaseURL != "http://localhost:"+c.port || f.PIDs["stack"] != cmd.Process.Pid {
		t.Errorf("stack.json says %+v", f)
	}
	info, err := os.Stat(filepath.Join(c.home, "stack.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("stack.json: %v, %v", info, err)
	}
	if _, err := os.Stat(filepath.Join(c.directory, "migrated")); err != nil {
		t.Errorf("db-migrate was not invoked: %v", err)
	}
	until(t, "the demo logins are printed", func() bool { return strings.Contains(out.String(), "admin@demo.com") })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	for who, pid := range f.PIDs {
		if !gone(pid) {
			t.Errorf("%s outlived the stack", who)
		}
	}
	if _, ok := c.stackFile(); ok {
		t.Error("stack.json outlived the stack")
	}
}

func TestDev_environment(t *testing.T) {
	t.Parallel()
	c := setup(t)
	_, _, f := c.dev(t, "CONSUME_BATCH=7", "UNRELATED=1", "ORDERS_DLQ_URL=elsewhere", "AWS_ACCESS_KEY_ID=mine", "REDIS_URL=")
	status, body := request(t, c, "POST", "/_local/functions/environment/invoke", "", nil)
	var got map[string]string
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	_, afterUser, _ := strings.Cut(f.DatabaseURL, "@")
	for name, want := range map[string]string{
		"STAGE": "local", "CONSUME_BATCH": "7", "REDIS_URL": f.RedisURL, "PUBLIC_ORIGIN": f.BaseURL,
		"DATABASE_URL": "postgres://" + afterUser, "AWS_ENDPOINT_URL": f.AWSEndpoint,
		"AWS_ACCESS_KEY_ID": f.AWSKey, "AWS_SECRET_ACCESS_KEY": f.AWSSecret,
		"ORDERS_DLQ_URL": f.AWSEndpoint + "/000000000000/mercato-orders-dlq", "PICTURES_BUCKET": "mercato-pictures",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if len(f.AWSSecret) != 32 || got["DATABASE_PASSWORD"] == "" || !strings.Contains(got["SESSION_PUBLIC_KEYS"], ":") {
		t.Errorf("environment %v", got)
	}
	for _, name := range []string{"UNRELATED", "DATABASE_OWNER_URL"} {
		if value, there := got[name]; there {
			t.Errorf("%s=%s reached a function", name, value)
		}
	}
}

func TestDev_serverDies(t *testing.T) {
	t.Parallel()
	c := setup(t)
	_, _, before := c.dev(t)
	if err := syscall.Kill(before.PIDs["redis"], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "stack.json has the new pid", func() bool {
		f, ok := c.stackFile()
		return ok && f.PIDs["redis"] != before.PIDs["redis"] && f.PIDs["redis"] != 0
	})
	if f, _ := c.stackFile(); f.RedisURL != before.RedisURL || f.PIDs["postgres"] != before.PIDs["postgres"] {
		t.Errorf("%+v, before %+v", f, before)
	}
}

func TestDev_killed(t *testing.T) {
	t.Parallel()
	c := setup(t)
	cmd, _, f := c.dev(t)
	processes := slices.Collect(maps.Values(f.PIDs))
	for _, function := range functions(t, c) {
		for _, process := range function.Processes {
			processes = append(processes, process.PID)
		}
	}
	if len(processes) < 4 {
		t.Errorf("only %d processes: the worker does not run", len(processes))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	until(t, "nothing is left", func() bool { return !slices.ContainsFunc(processes, func(pid int) bool { return !gone(pid) }) })
	_, _, again := c.dev(t)
	if again.DatabaseURL != f.DatabaseURL {
		t.Errorf("Postgres came back at %s", again.DatabaseURL)
	}
}

func TestDev_sameHome(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.dev(t)
	other := c
	other.port = freePort(t)
	for _, command := range []string{"dev", "reset"} {
		if status, text := other.run(t, command); status != 1 || !oneLine(text, "a stack runs on") {
			t.Errorf("%s beside a running stack: %d %s", command, status, text)
		}
	}
	if _, ok := c.stackFile(); !ok {
		t.Error("the refused one removed stack.json")
	}
}

func TestDev_sideBySide(t *testing.T) {
	t.Parallel()
	first, second := setup(t), setup(t)
	_, _, f := first.dev(t)
	_, _, g := second.dev(t)
	if f.DatabaseURL == g.DatabaseURL || f.RedisURL == g.RedisURL || f.BaseURL == g.BaseURL {
		t.Errorf("%+v and %+v share something", f, g)
	}
}

func TestDev_refuses(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, tc := range map[string]struct {
		damage func(c *checkout)
		want   string
	}{
		"busy port":    {func(c *checkout) { _, c.port, _ = net.SplitHostPort(busy.Addr().String()) }, "is in use: choose another"},
		"bad port":     {func(c *checkout) { c.port = "http" }, "is not a port"},
		"file as home": {func(c *checkout) { write(t, c.home, "") }, "is a file"},
		"home in file": {func(c *checkout) { write(t, c.home, ""); c.home += "/state" }, "is a file"},
		"not built":    {func(c *checkout) { _ = os.RemoveAll(filepath.Join(c.directory, "dist")) }, "run make build"},
		"no AWS":       {func(c *checkout) { c.aws = "http://127.0.0.1:1" }, "make localstack"},
		"bad AWS":      {func(c *checkout) { c.aws = "localstack:4566" }, "is not a URL"},
		"no checkout":  {func(c *checkout) { _ = os.Remove(filepath.Join(c.directory, "template.yaml")) }, "top directory of the checkout"},
	} {
		t.Run(name, func(t *testing.T) {
			c := setup(t)
			tc.damage(&c)
			if status, text := c.run(t, "dev"); status != 1 || !oneLine(text, tc.want) {
				t.Errorf("status %d, want 1 and one line with %q:\n%s", status, tc.want, text)
			}
		})
	}
}

func TestDev_migrationFails(t *testing.T) {
	t.Parallel()
	c := setup(t)
	template, err := os.ReadFile(filepath.Join(c.directory, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(c.directory, "template.yaml"), strings.Replace(string(template), "STAGE:", "MIGRATION: broken\n        STAGE:", 1))
	status, text := c.run(t, "dev")
	if status != 1 || !strings.Contains(text, "localstack: db-migrate: errorString: the migration is broken\n") {
		t.Errorf("%d %s", status, text)
	}
	if _, ok := c.stackFile(); ok {
		t.Error("stack.json was written")
	}
}

// oneLine: a mistake is answered with one line that names the fix.
func oneLine(text, part string) bool {
	return strings.Count(text, "\n") == 1 && strings.Contains(text, part)
}
