// Package function runs the values that a domain exports as AWS Lambda functions: an endpoint, a
// subscription, a task. It is the only package that knows Lambda.
package function

import (
	"log/slog"
	"os"

	"mercato/shared/platform"
	"mercato/shared/platform/telemetry"
)

// open reads the environment; a function that cannot be configured ends here.
func open(name string, grants []platform.Grant) *platform.Env {
	env, err := platform.FromOS(grants...)
	if err != nil {
		telemetry.Setup(os.Stdout, name, "info")
		slog.Error("cannot start", "error", err.Error())
		os.Exit(1)
	}
	telemetry.Setup(os.Stdout, name, env.Config().LogLevel)
	return env
}
