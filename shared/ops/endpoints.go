package ops

import (
	"context"

	"mercato/shared/platform/api"
	"mercato/shared/platform/session"
)

type endpoint[In, Out any] = api.Endpoint[*Service, In, Out]

// Endpoints lists the domain's operations.
func Endpoints() []api.Operation {
	return []api.Operation{
		Health, Ready, ListLetters, ReplayLetters, DiscardLetters, ListStreams, ListAudit, OrderStory, NotFound,
	}
}

// Health answers as long as the function runs; it asks nobody else.
var Health = endpoint[HealthIn, HealthOut]{
	Name: "health", Route: "GET /health", Summary: "Is it alive?",
	Allow: session.Anyone, Rate: api.Free, Status: 200, Open: alone, Serve: (*Service).health,
}

// HealthIn is the request.
type HealthIn struct{}

// HealthOut is the answer.
type HealthOut struct {
	Body HealthResponse
}

// HealthResponse is its body.
type HealthResponse struct {
	Status string `json:"status" enum:"ok"`
}

func (s *Service) health(context.Context, *HealthIn) (*HealthOut, error) {
	return &HealthOut{HealthResponse{"ok"}}, nil
}

// Ready answers whether Postgres and Redis do, and how far the events are behind.
var Ready = endpoint[ReadyIn, ReadyOut]{
	Name: "health-ready", Route: "GET /health/ready", Summary: "Is it ready, and how far behind?",
	Allow: session.Anyone, Rate: api.Free, Status: 200, Open: watch, Serve: (*Service).ready,
}

// ReadyIn is the request.
type ReadyIn struct{}

// ReadyOut is the answer while both answer; otherwise it is a problem with the same members, but for
// its status.
type ReadyOut struct {
	Body ReadyResponse
}

// ReadyResponse is its body.
type ReadyResponse struct {
	Status      string       `json:"status" enum:"ok"`
	Postgres    bool         `json:"postgres" doc:"Postgres answers"`
	Redis       bool         `json:"redis" doc:"Redis answers"`
	Outbox      []OutboxView `json:"outbox"`
	DeadLetters int64        `json:"dead_letters" minimum:"0" doc:"Events that a reader could not apply and that wait to be replayed"`
	Groups      []GroupView  `json:"groups" doc:"Readers of the streams; a stream that was never written, or a group that never read, is not listed"`
}

// OutboxView is the outbox of one schema on the wire.
type OutboxView struct {
	Schema     string  `json:"schema"`
	Rows       int64   `json:"rows" minimum:"0" doc:"Events that not every reader has confirmed"`
	AgeSeconds float64 `json:"age_seconds" minimum:"0" doc:"Age of the oldest"`
}

// GroupView is a consumer group on the wire.
type GroupView struct {
	Stream  string `json:"stream"`
	Group   string `json:"group"`
	Lag     int64  `json:"lag" minimum:"-1" doc:"Entries that it has not read; -1 when Redis cannot tell"`
	Pending int64  `json:"pending" minimum:"0" doc:"Entries that it has read and not finished"`
}

func (s *Service) ready(ctx context.Context, _ *ReadyIn) (*ReadyOut, error) {
	state, err := s.Look(ctx)
	if err != nil {
		return nil, err
	}
	return &ReadyOut{ReadyResponse{"ok", true, true, state.outboxes(), state.DeadLetters, state.groups()}}, nil
}

func (s State) outboxes() []OutboxView {
	list := make([]OutboxView, len(s.Outboxes))
	for i, o := range s.Outboxes {
		list[i] = OutboxView(o)
	}
	return list
}

func (s State) groups() []GroupView {
	list := make([]GroupView, len(s.Groups))
	for i, g := range s.Groups {
		list[i] = GroupView{g.Stream, g.Name, g.Lag, g.Pending}
	}
	return list
}

// NotFound answers what no route takes.
var NotFound = api.Fallback{Name: "not-found", Routes: routes}
