package ops

import (
	"context"

	"mercato/shared/event"
	"mercato/shared/platform"
	"mercato/shared/platform/outbox"
)

// Relay sends again every event that not all of its readers have confirmed, until its time is up.
var Relay = platform.Task[*outbox.Relay, struct{}, struct{}]{
	Name: "outbox-relay", Loops: true, Summary: "Sends again what has not arrived, and forgets what has",
	Open: openRelay, Do: relay,
}

func openRelay(e *platform.Env) *outbox.Relay {
	var routes []outbox.Route
	for _, s := range event.Streams() {
		routes = append(routes, outbox.Route{Stream: s.Name, Writer: s.Writer, Readers: s.Readers})
	}
	return outbox.OpenRelay(e, routes)
}

func relay(r *outbox.Relay, ctx context.Context, _ struct{}) (struct{}, error) { //nolint:revive // the platform calls it with what it opened first
	return struct{}{}, r.Run(ctx)
}
