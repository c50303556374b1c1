package emulator

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"time"
)

const (
	composeFile = "tools/localstack/compose.yaml"
	image       = "localstack/localstack:" + Version
	// lookWithin bounds one question to Docker, whose daemon may hang.
	lookWithin = 20 * time.Second
	// pullWithin bounds a download of 500 MB.
	pullWithin = 10 * time.Minute
	// downWithin bounds the removal of a container.
	downWithin = 30 * time.Second
)

// Docker tells whether Docker's daemon answers, and whether its client has compose.
func Docker(ctx context.Context) (daemon, compose bool) {
	daemon = quiet(ctx, lookWithin, nil, "docker", "info")
	return daemon, daemon && quiet(ctx, lookWithin, nil, "docker", "compose", "version")
}

// inDocker answers false where there is no Docker, or where it cannot have the image.
func inDocker(ctx context.Context, c Config) (how, bool) {
	if _, compose := Docker(ctx); !compose {
		return how{}, false
	}
	set := append(os.Environ(), "LOCALSTACK_PORT="+strconv.Itoa(c.Port), "LOCALSTACK_STATE="+c.State)
	compose := []string{"docker", "compose", "--file", composeFile, "--project-name", "mercato-localstack-" + strconv.Itoa(c.Port)}
	if !quiet(ctx, lookWithin, nil, "docker", "image", "inspect", image) {
		c.Say("downloading %s (once)", image)
		if !quiet(ctx, pullWithin, set, append(compose, "pull", "--quiet")...) {
			c.Say("Docker cannot have %s, so LocalStack runs without Docker", image)
			return how{}, false
		}
	}
	return how{
		title:       "in Docker",
		command:     append(compose, "up", "--abort-on-container-exit", "--no-color"),
		environment: set,
		after: func() {
			quiet(context.Background(), downWithin, set, append(compose, "down", "--timeout", "1")...)
		},
	}, true
}

// quiet tells whether a command succeeds.
func quiet(ctx context.Context, within time.Duration, environment []string, command ...string) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = environment
	cmd.WaitDelay = time.Second // a child of it may hold its output
	return cmd.Run() == nil
}
