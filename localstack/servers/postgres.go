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

	"mercato/localstack/secrets"
)

// name is the superuser and the database.
const name = "mercato"

// startPostgres answers the server and its owner's URL.
func startPostgres(ctx context.Context, h home, programs *finder, changed func()) (*server, string, error) {
	directory := filepath.Join(h.base, "postgres")
	data := filepath.Join(directory, "data")
	found, err := programs.find(ctx, postgresKind, func(p Program) bool { return fitsData(p, data) })
	if err != nil {
		return nil, "", err
	}
	if err := h.make(directory); err != nil {
		return nil, "", err
	}
	password, err := h.password("postgres")
	if err != nil {
		return nil, "", err
	}
	if err := h.initialise(ctx, found, data, password); err != nil {
		return nil, "", fmt.Errorf("postgres: %w", err)
	}
	port, err := h.vacantPort(h.postgres(found, directory, 0))
	if err != nil {
		return nil, "", err
	}
	s, err := run(ctx, h.postgres(found, directory, port), h.say, changed)
	if err != nil {
		return nil, "", err
	}
	url := fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", name, password, address(port), name)
	if _, err := ask(ctx, url); err != nil { // the first connection also proves that password and data belong together
		s.stop()
		return nil, "", fmt.Errorf("postgres refuses the password kept in the state directory (make reset starts anew): %w", err)
	}
	return s, url, nil
}

// fitsData: a data directory is read by the major version that made it.
func fitsData(p Program, data string) bool {
	made, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	return err != nil || strings.TrimSpace(string(made)) == strconv.Itoa(p.Major)
}

// password is kept with the state; throw-away servers forget theirs.
func (h home) password(server string) (string, error) {
	if h.fast {
		return secrets.Random(), nil
	}
	return secrets.Password(h.state, server)
}

// initialise makes the data directory with the database in it: the whole or, when it fails, nothing.
func (h home) initialise(ctx context.Context, found Program, data, password string) (err error) {
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		return nil
	}
	unfinished, passwordFile := data+".new", data+".password"
	defer func() { err = errors.Join(err, os.RemoveAll(unfinished), os.RemoveAll(passwordFile)) }()
	if err := os.RemoveAll(unfinished); err != nil { // of a start that was interrupted
		return err
	}
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	if err := h.own(passwordFile); err != nil {
		return err
	}
	args := []string{"-D", unfinished, "-U", name, "--auth=scram-sha-256", "--pwfile=" + passwordFile, "--locale=C", "-E", "UTF8"}
	if h.fast {
		args = append(args, "--no-sync", "--wal-segsize=1")
	}
	initdb := h.command(ctx, filepath.Join(filepath.Dir(found.Path), "initdb"), args...)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.Join(strings.Fields(string(out)), " "))
	}
	single := h.command(ctx, found.Path, "--single", "-D", unfinished, "-c", "log_min_messages=error", "postgres")
	single.Stdin = strings.NewReader("CREATE DATABASE " + name + "\n")
	out, err := single.CombinedOutput()
	if err == nil && strings.Contains(string(out), "ERROR") { // it goes on after a failed statement
		err = errors.New("refused")
	}
	if err != nil {
		return fmt.Errorf("create database: %w: %s", err, strings.Join(strings.Fields(string(out)), " "))
	}
	return os.Rename(unfinished, data)
}

func (h home) postgres(found Program, directory string, port int) program {
	data := filepath.Join(directory, "data")
	p := program{
		name: "postgres", as: h.owner, path: found.Path, data: data,
		log: filepath.Join(directory, "log"), pidFile: filepath.Join(data, "postmaster.pid"),
		signal: syscall.SIGINT, signalName: "INT", // fast shutdown: open transactions are rolled back
	}
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "port=" + strconv.Itoa(port),
		"timezone=UTC", "log_timezone=UTC", "logging_collector=off",
	}
	if h.fast {
		p.throwAway = directory
		settings = append(settings, "max_connections=300", // test packages run side by side, each with pools of its own
			"fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0")
	} else {
		settings = append(settings, "max_connections=200") // about 60 functions of a few processes with one or two connections each
	}
	p.args = []string{"-D", data}
	for _, setting := range settings {
		p.args = append(p.args, "-c", setting)
	}
	p.ready = func(_ context.Context, pid int) bool { return postmasterReady(p.pidFile, pid) }
	return p
}

// postmasterReady reads what pg_ctl reads: line 1 is the process, line 8 its state.
func postmasterReady(pidFile string, pid int) bool {
	content, err := os.ReadFile(pidFile)
	if err != nil {
		return false
	}
	lines := strings.Split(string(content), "\n")
	return len(lines) >= 8 && strings.TrimSpace(lines[0]) == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}
