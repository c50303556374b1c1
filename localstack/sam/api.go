package sam

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// stopWithin is how long SAM may take to end its containers, one of which it gives 3 s at most.
const stopWithin = 15 * time.Second

// API is a running `sam local start-api`.
type API struct {
	docker    *Docker
	directory string
	guard     *guard
	forwarder *forwarder
	cmd       *exec.Cmd
	stopping  atomic.Bool
	ended     chan struct{}
	lastLine  string // read after ended
}

// Start builds the functions with `sam build` and starts the API. It answers when SAM has been started; whoever asks the
// port knows when it answers. What a killed run has left in the state directory is ended first.
func (d *Docker) Start(ctx context.Context, cfg Config) (_ *API, err error) {
	a := &API{docker: d, directory: runs(cfg.State), ended: make(chan struct{})}
	defer func() {
		if err != nil {
			_ = a.Close()
		}
	}()
	if err := os.MkdirAll(a.directory, 0o700); err != nil {
		return nil, err
	}
	if err := d.sweep(a.directory); err != nil {
		return nil, err
	}
	if d.own == nil { // the guard of a daemon of our own sees to its containers too
		if a.guard, err = newGuard(d.environment(), a.directory, ""); err != nil {
			return nil, err
		}
	}
	template, err := build(ctx, cfg.Template, a.directory, cfg.Functions)
	if err != nil {
		return nil, err
	}
	cfg.Say("sam build is done")
	hosts, err := a.writeEnvironment(ctx, cfg.Functions)
	if err != nil {
		return nil, err
	}
	args := append([]string{
		"local", "start-api", "--template", template, "--host", "127.0.0.1", "--port", strconv.Itoa(cfg.Port),
		"--invoke-image", d.image, "--skip-pull-image", "--warm-containers", "LAZY", "--no-watch",
		"--env-vars", a.variablesFile(), "--parameter-overrides", overrides(),
	}, hosts...)
	return a, a.launch(cfg, args)
}

// overrides are the parameters that SAM itself looks at: the functions' variables come from a file.
func overrides() string { return "Stage=local Architecture=" + architecture() }

// build runs `sam build` into the run's own directory and answers the built template.
func build(ctx context.Context, template, directory string, functions map[string]map[string]string) (string, error) {
	built := filepath.Join(directory, "build")
	if _, err := tool(ctx, "build", "--template-file", template, "--build-in-source", "--build-dir", built, "--parameter-overrides", overrides()); err != nil {
		return "", err
	}
	path := filepath.Join(built, "template.yaml")
	return path, declare(path, functions)
}

func (a *API) variablesFile() string { return filepath.Join(a.directory, "variables.json") }

// writeEnvironment opens the ways to the servers and answers the arguments that make them known.
func (a *API) writeEnvironment(ctx context.Context, functions map[string]map[string]string) ([]string, error) {
	at, err := a.docker.bridge(ctx)
	if err != nil {
		return nil, err
	}
	a.forwarder = &forwarder{at: at, listeners: map[string]net.Listener{}}
	variables, err := a.forwarder.variables(functions)
	if err != nil {
		return nil, err
	}
	if at == nil {
		return nil, writeVariables(a.variablesFile(), variables)
	}
	return []string{"--add-host", hostName + ":" + at.String()}, writeVariables(a.variablesFile(), variables)
}

// launch starts SAM in a process group of its own, so that Ctrl-C reaches us alone.
func (a *API) launch(cfg Config, args []string) error {
	a.cmd = exec.Command("sh", append([]string{command}, args...)...)
	a.cmd.Env = append(toolEnvironment(), "PYTHONUNBUFFERED=1")
	if host := a.docker.host; host != "" {
		a.cmd.Env = append(a.cmd.Env, "DOCKER_HOST="+host)
	}
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer writer.Close() //nolint:errcheck // SAM has its own
	a.cmd.Stdout, a.cmd.Stderr = writer, writer
	if err := a.cmd.Start(); err != nil {
		return errors.Join(err, reader.Close())
	}
	go a.watch(reader, cfg)
	pid := strconv.Itoa(a.cmd.Process.Pid) // for the sweep
	return os.WriteFile(filepath.Join(a.directory, "pid"), []byte(pid+"\n"), 0o600)
}

// colours are SAM's, for terminals.
var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// longestLine of a function's log; CloudWatch takes 256 KiB.
const longestLine = 256 << 10

// watch passes on what SAM says until it ends.
func (a *API) watch(output io.ReadCloser, cfg Config) {
	lines := bufio.NewScanner(output)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		if line := colours.ReplaceAllString(lines.Text(), ""); line != "" {
			a.lastLine = line
			cfg.Log(line)
		}
	}
	_, _ = io.Copy(io.Discard, output) // after a line that was too long, SAM must not stand still
	_ = output.Close()
	_ = a.cmd.Wait() // its state is told below
	close(a.ended)
	if !a.stopping.Load() {
		cfg.Ended(fmt.Errorf("sam local start-api has ended (%s): %s", a.cmd.ProcessState, a.lastLine))
	}
}

// Close ends SAM, its containers and the ways to the servers. Again it has nothing to do.
func (a *API) Close() error {
	a.stopping.Store(true)
	if a.cmd != nil && a.cmd.Process != nil {
		_ = a.cmd.Process.Signal(syscall.SIGTERM) // it ends its containers; an interrupt it may ignore
		select {
		case <-a.ended:
		case <-time.After(stopWithin):
			_ = syscall.Kill(-a.cmd.Process.Pid, syscall.SIGKILL)
			<-a.ended
		}
	}
	err := a.docker.sweep(a.directory)
	a.guard.dismiss()
	a.guard = nil
	if a.forwarder != nil {
		err = errors.Join(err, a.forwarder.close())
		a.forwarder = nil
	}
	return err
}
