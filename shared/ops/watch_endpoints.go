package ops

import (
	"context"
	"net/url"
	"time"

	"mercato/shared/platform/api"
	"mercato/shared/platform/session"
)

// ListStreams shows the streams and their readers.
var ListStreams = endpoint[ListStreamsIn, ListStreamsOut]{
	Name: "ops-streams", Route: "GET /api/ops/streams", Summary: "The streams, and how far their readers are",
	Allow: session.OpsRead, Rate: api.Read, Status: 200, Open: watch, Serve: (*Service).listStreams,
}

// ListStreamsIn is the request.
type ListStreamsIn struct{}

// ListStreamsOut is the answer.
type ListStreamsOut struct {
	Body []StreamView
}

// StreamView is a stream on the wire.
type StreamView struct {
	Stream string       `json:"stream"`
	Length int64        `json:"length" minimum:"0" doc:"Entries"`
	Groups []ReaderView `json:"groups"`
}

// ReaderView is a consumer group on the wire.
type ReaderView struct {
	Group           string `json:"group"`
	Lag             int64  `json:"lag" minimum:"-1" doc:"Entries that it has not read; -1 when Redis cannot tell"`
	Pending         int64  `json:"pending" minimum:"0" doc:"Entries that it has read and not finished"`
	OldestPendingMS int64  `json:"oldest_pending_ms" minimum:"0" doc:"Age of the oldest of those"`
	Consumers       int64  `json:"consumers" minimum:"0"`
}

func (s *Service) listStreams(ctx context.Context, _ *ListStreamsIn) (*ListStreamsOut, error) {
	streams, err := s.Streams(ctx)
	if err != nil {
		return nil, err
	}
	out := &ListStreamsOut{make([]StreamView, len(streams))}
	for i, state := range streams {
		groups := make([]ReaderView, len(state.Groups))
		for j, g := range state.Groups {
			groups[j] = ReaderView{g.Name, g.Lag, g.Pending, g.OldestPending.Milliseconds(), g.Consumers}
		}
		out.Body[i] = StreamView{state.Stream, state.Length, groups}
	}
	return out, nil
}

// ListAudit shows who did what.
var ListAudit = endpoint[ListAuditIn, ListAuditOut]{
	Name: "ops-audit", Route: "GET /api/ops/audit", Summary: "What was done by hand and what was seen that cannot be, the latest first",
	Allow: session.OpsRead, Rate: api.Read, Status: 200, Open: keep, Serve: (*Service).listAudit,
}

// ListAuditIn is the request.
type ListAuditIn struct {
	api.Page

	Target string `query:"target" maxLength:"100" doc:"Only what was done to it: an event id, or order:ID"`
}

// ListAuditOut is the answer.
type ListAuditOut struct {
	Link string `header:"Link" doc:"The next page, rel=next"`
	Body []DeedView
}

// DeedView is a row of the audit on the wire.
type DeedView struct {
	ID     int64     `json:"id" minimum:"1" maximum:"9223372036854775807"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor" doc:"user:ID, or a domain"`
	Action string    `json:"action"`
	Target string    `json:"target"`
	Reason string    `json:"reason"`
}

func deedViews(deeds []Deed) []DeedView {
	list := make([]DeedView, len(deeds))
	for i, d := range deeds {
		list[i] = DeedView{d.ID, d.At.UTC(), d.Actor, d.Action, d.Target, d.Reason}
	}
	return list
}

func (s *Service) listAudit(ctx context.Context, in *ListAuditIn) (*ListAuditOut, error) {
	before, err := in.Before()
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the parameter
	}
	deeds, err := s.Audit(ctx, in.Target, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &ListAuditOut{Body: deedViews(deeds)}
	if n := len(deeds); n > 0 {
		out.Link = in.Next("/api/ops/audit", n, deeds[n-1].ID, url.Values{"target": {in.Target}})
	}
	return out, nil
}

// OrderStory shows all that is known of an order.
var OrderStory = endpoint[OrderStoryIn, OrderStoryOut]{
	Name: "ops-order", Route: "GET /api/ops/orders/{id}", Summary: "One order's whole story, across all domains",
	Allow: session.OpsRead, Rate: api.Read, Status: 200, Open: keep, Serve: (*Service).orderStory,
}

// OrderStoryIn is the request.
type OrderStoryIn struct {
	ID int64 `path:"id" minimum:"1" maximum:"9223372036854775807"`
}

// OrderStoryOut is the answer.
type OrderStoryOut struct {
	Body StoryResponse
}

// StoryResponse is its body.
type StoryResponse struct {
	Order       *api.Raw     `json:"order,omitempty" doc:"What orders knows: the order, its lines, its timeline with correlation ids, events on their way"`
	Products    *api.Raw     `json:"products,omitempty" doc:"What products knows: the decision, the stock that it moved, events on their way"`
	DeadLetters []LetterView `json:"dead_letters" maxItems:"100" doc:"The newest 100 at the most, the oldest of them first"`
	Audit       []DeedView   `json:"audit" maxItems:"100" doc:"Of the order and of its letters, the newest 100 at the most, the oldest of them first"`
}

func (s *Service) orderStory(ctx context.Context, in *OrderStoryIn) (*OrderStoryOut, error) {
	story, err := s.Tell(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &OrderStoryOut{StoryResponse{told(story.Orders), told(story.Products), letterViews(story.Letters), deedViews(story.Deeds)}}, nil
}

// told is nil for a domain that tells nothing.
func told(raw api.Raw) *api.Raw {
	if raw == nil {
		return nil
	}
	return &raw
}
