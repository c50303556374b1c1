package sam

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// answerWithin is how long a daemon may take for one answer; one that hangs is as good as none.
const answerWithin = 20 * time.Second

// label marks a daemon of ours with the state directory whose run ends it.
const label = "mercato.state"

// Docker is a daemon that answers.
type Docker struct {
	host  string  // as DOCKER_HOST has it
	own   *daemon // nil when it was there
	image string  // that the functions run in
}

// Connect answers a daemon with an image to run the functions in: the daemon that the client finds, else, for root, one of
// our own with its data in the state directory. An error is one line with the fix; it wraps ErrNoDocker when there can be
// neither: the client or the daemon is not installed, or this user may not start one. One that does not start is a failure.
func Connect(ctx context.Context, state string, say func(string, ...any)) (*Docker, error) {
	if _, err := exec.LookPath("docker"); err != nil {
		return nil, fmt.Errorf("%w: there is no client (apt-get install docker.io, or install Docker Desktop)", ErrNoDocker)
	}
	d := &Docker{host: address(ctx)}
	if err := d.reach(ctx, state, say); err != nil {
		return nil, err
	}
	var err error
	if d.image, err = d.prepareImage(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// reach finds a daemon or starts one of our own.
func (d *Docker) reach(ctx context.Context, state string, say func(string, ...any)) error {
	directory := daemonHome(state)
	owner, err := d.owner(ctx)
	switch {
	case err == nil && owner == "":
		return nil
	case err == nil && owner != directory:
		return fmt.Errorf("the Docker daemon belongs to the stack on %s and ends with it: stop that stack, or start the machine's own daemon", filepath.Dir(owner))
	case err == nil:
		say("ending the Docker daemon of a run that was killed")
	}
	program, err := daemonProgram()
	if err != nil {
		return err
	}
	say("no Docker daemon answers: starting one for this run")
	d.own, err = d.startDaemon(ctx, program, state)
	return err
}

// daemonProgram answers what only root can start.
func daemonProgram() (string, error) {
	program, err := exec.LookPath("dockerd")
	switch {
	case os.Getenv("DOCKER_HOST") != "":
		return "", fmt.Errorf("no Docker daemon answers at DOCKER_HOST=%s (start it, or unset DOCKER_HOST)", os.Getenv("DOCKER_HOST"))
	case err != nil:
		return "", fmt.Errorf("%w: no daemon answers and dockerd is not installed (start Docker Desktop, or apt-get install docker.io)", ErrNoDocker)
	case os.Geteuid() != 0:
		return "", fmt.Errorf("%w: no daemon answers (sudo systemctl start docker, and be in the group docker)", ErrNoDocker)
	}
	return program, nil
}

// owner answers the directory of the run that has started the daemon; empty for the machine's own.
func (d *Docker) owner(ctx context.Context) (string, error) {
	labels, err := d.run(ctx, "info", "--format", "{{range .Labels}}{{println .}}{{end}}{{.ServerErrors}}")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(labels) {
		if directory, ours := strings.CutPrefix(strings.TrimSpace(line), label+"="); ours {
			return directory, nil
		}
	}
	return "", nil
}

// address is that of the client's current context, which SAM's library does not know; empty where it cannot be told.
func address(ctx context.Context) string {
	if given := os.Getenv("DOCKER_HOST"); given != "" {
		return given
	}
	host, err := exec.CommandContext(ctx, "docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(host))
}

// environment is ours, with the daemon that was found.
func (d *Docker) environment() []string {
	if d.host == "" {
		return os.Environ()
	}
	return append(os.Environ(), "DOCKER_HOST="+d.host)
}

func (d *Docker) answers(ctx context.Context) bool {
	_, err := d.run(ctx, "version", "--format", "{{.Server.Version}}")
	return err == nil
}

// run answers what the client prints, without the last line's end.
func (d *Docker) run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Env = d.environment()
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("docker %s: %s", args[0], strings.Join(strings.Fields(string(failed.Stderr)), " "))
	}
	return strings.TrimSpace(string(out)), err
}

// bridge answers the address of this machine on the containers' network; nil where there is no such network here,
// because the daemon runs in a virtual machine that leads hostName to us by itself.
func (d *Docker) bridge(ctx context.Context) (net.IP, error) {
	name, err := d.run(ctx, "network", "inspect", "bridge", "--format", `{{index .Options "com.docker.network.bridge.name"}}`)
	if err != nil {
		return nil, err
	}
	device, err := net.InterfaceByName(name)
	if err != nil {
		return nil, nil //nolint:nilerr // that is the answer
	}
	addresses, err := device.Addrs()
	if err != nil {
		return nil, err
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.To4() != nil {
			return network.IP, nil
		}
	}
	return nil, fmt.Errorf("the network device %s of Docker has no address", name)
}

// Close ends the daemon when it is our own.
func (d *Docker) Close() error {
	if d.own == nil {
		return nil
	}
	return d.own.stop()
}
