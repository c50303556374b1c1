package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pingWithin is how long one look at a starting Redis may take.
const pingWithin = time.Second

// startRedis answers the server and a URL with every right.
func startRedis(ctx context.Context, h home, programs *finder, changed func()) (*server, string, error) {
	found, err := programs.find(ctx, redisKind, func(Program) bool { return true })
	if err != nil {
		return nil, "", err
	}
	directory := filepath.Join(h.base, "redis")
	data := filepath.Join(directory, "data")
	if err := errors.Join(h.make(directory), h.make(data)); err != nil {
		return nil, "", err
	}
	password, err := h.password("redis")
	if err != nil {
		return nil, "", err
	}
	configuration := filepath.Join(directory, "redis.conf")
	port, err := h.vacantPort(h.redis(found, directory, configuration, "", 0))
	if err != nil {
		return nil, "", err
	}
	if err := h.configure(configuration, data, port, password); err != nil {
		return nil, "", fmt.Errorf("redis: %w", err)
	}
	url := fmt.Sprintf("redis://:%s@%s/0", password, address(port))
	s, err := run(ctx, h.redis(found, directory, configuration, url, port), h.say, changed)
	return s, url, err
}

// configure writes a file, because everybody sees a command line and the password is in it.
func (h home) configure(path, data string, port int, password string) error {
	settings := []string{
		"bind 127.0.0.1", "port " + strconv.Itoa(port), "requirepass " + password,
		"dir " + strconv.Quote(data), "pidfile " + strconv.Quote(data+".pid"),
		"set-proc-title no", // the command line names this file, which tells our process from others
		"daemonize no",
		`save ""`,                   // the log of commands is enough
		"shutdown-on-sigterm force", // a full disk or a removed directory is no reason to stay
	}
	if h.fast {
		settings = append(settings, "appendonly no", "databases 4096") // a database per test
	} else {
		settings = append(settings, "appendonly yes")
	}
	if err := os.WriteFile(path, []byte(strings.Join(settings, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	return h.own(path)
}

func (h home) redis(found Program, directory, configuration, url string, port int) program {
	p := program{
		name: "redis", as: h.owner, path: found.Path, args: []string{configuration}, data: configuration,
		log: filepath.Join(directory, "log"), pidFile: filepath.Join(directory, "data.pid"),
		signal: syscall.SIGTERM, signalName: "TERM",
	}
	if h.fast {
		p.throwAway = directory
	}
	p.ready = func(ctx context.Context, _ int) bool {
		ctx, cancel := context.WithTimeout(ctx, pingWithin)
		defer cancel()
		return answers(port) && ping(ctx, url) == nil // the client would log each refusal
	}
	return p
}
