package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"mercato/shared/platform/api"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/session"
)

// ListLetters lists dead letters.
var ListLetters = endpoint[ListLettersIn, ListLettersOut]{
	Name: "ops-dlq-list", Route: "GET /api/ops/dlq", Summary: "Dead letters, the latest first",
	Allow: session.OpsRead, Rate: api.Read, Status: 200, Open: keep, Serve: (*Service).listLetters,
}

// ListLettersIn is the request.
type ListLettersIn struct {
	api.Page

	State     string `query:"state" enum:"dead,replaying,parked,resolved,discarded" default:"dead" doc:"Only letters that stand so"`
	ErrorCode string `query:"error_code" maxLength:"100" doc:"Only letters that failed so"`
}

// ListLettersOut is the answer.
type ListLettersOut struct {
	Link string `header:"Link" doc:"The next page, rel=next"`
	Body []LetterView
}

// LetterView is a dead letter on the wire.
type LetterView struct {
	EventID     string            `json:"event_id" format:"uuid"`
	Reader      string            `json:"reader" doc:"The domain that could not apply it"`
	Stream      string            `json:"stream"`
	OrderID     *int64            `json:"order_id,omitempty" minimum:"1" maximum:"9223372036854775807"`
	ErrorCode   string            `json:"error_code"`
	Error       string            `json:"error"`
	Attempts    int               `json:"attempts" minimum:"0" maximum:"2147483647" doc:"Failures before it was buried last"`
	ReplayCount int               `json:"replay_count" minimum:"0" maximum:"2147483647"`
	State       LetterState       `json:"state" enum:"dead,replaying,parked,resolved,discarded"`
	DueAt       *time.Time        `json:"due_at,omitempty" doc:"When the schedule replays it, or repeats a replay that nobody has confirmed"`
	FirstSeen   time.Time         `json:"first_seen"`
	LastSeen    time.Time         `json:"last_seen" doc:"When it was buried, resolved or discarded last"`
	Envelope    map[string]string `json:"envelope" doc:"The fields of the entry, as they were read"`
	EnvelopeCut bool              `json:"envelope_cut,omitempty" doc:"The entry is big: these are its first 16 fields at the most, their names cut to 64 characters, their values to 200"`
}

func letterViews(letters []Letter) []LetterView {
	list := make([]LetterView, len(letters))
	for i, l := range letters {
		list[i] = LetterView{
			l.EventID.String(), l.Reader, l.Stream, l.OrderID, l.ErrorCode, l.Error, l.Attempts, l.ReplayCount, l.State,
			nil, l.FirstSeen.UTC(), l.LastSeen.UTC(), l.Envelope, l.EnvelopeCut,
		}
		if l.DueAt != nil {
			due := l.DueAt.UTC()
			list[i].DueAt = &due
		}
	}
	return list
}

func (s *Service) listLetters(ctx context.Context, in *ListLettersIn) (*ListLettersOut, error) {
	letters, next, err := s.List(ctx, LetterFilter{LetterState(in.State), in.ErrorCode, in.Limit, in.Cursor})
	if err != nil {
		return nil, err
	}
	filters := url.Values{"state": {in.State}, "error_code": {in.ErrorCode}}
	return &ListLettersOut{in.NextAt("/api/ops/dlq", len(letters), next, filters), letterViews(letters)}, nil
}

// ReplayLetters replays dead letters.
var ReplayLetters = endpoint[ReplayLettersIn, ReplayLettersOut]{
	Name: "ops-dlq-replay", Route: "POST /api/ops/dlq/replay", Summary: "Send the events of dead letters again",
	Allow: session.OpsReplay, Rate: api.Write, Status: 202, Open: watch, Serve: (*Service).replayLetters,
}

// ReplayLettersIn is the request.
type ReplayLettersIn struct {
	Body ReplayRequest
}

// ReplayRequest is its body.
type ReplayRequest struct {
	Max       int      `json:"max,omitempty" minimum:"1" maximum:"1000" default:"100" doc:"So many at the most, those that were first seen first; fewer when their entries are big"`
	IDs       []string `json:"ids,omitempty" minItems:"1" maxItems:"1000" doc:"Event ids, max at the most; without any, all letters that are dead or parked"`
	ErrorCode string   `json:"errorCode,omitempty" maxLength:"100" doc:"Only letters that failed so"`
	DryRun    bool     `json:"dryRun,omitempty" doc:"Only say which"`

	null string // the field that is null
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *ReplayRequest) UnmarshalJSON(blob []byte) error {
	type plain ReplayRequest
	r.null = nullOf[plain](blob)
	return json.Unmarshal(blob, (*plain)(r)) //nolint:wrapcheck // encoding/json calls this
}

// The bounds of a replay: one transaction holds as many locks, and one round trip as many entries.
const (
	defaultMax = 100
	largestMax = 1000
)

// pick reads the request as the schema does, for whoever comes without one. Invalid when it breaks a rule.
func (r ReplayRequest) pick(actor string) (p Pick, err error) {
	if r.null != "" {
		return p, fault.At("body."+r.null, "must not be null")
	}
	p = Pick{ErrorCode: r.ErrorCode, Max: r.Max, DryRun: r.DryRun, Actor: actor}
	if p.Max == 0 {
		p.Max = defaultMax
	}
	if p.Max < 1 || p.Max > largestMax {
		return p, fault.At("body.max", "must be from 1 to %d", largestMax)
	}
	if r.IDs == nil {
		return p, nil
	}
	if p.IDs, err = parseIDs(r.IDs); err == nil && len(p.IDs) > p.Max {
		err = fault.At("body.ids", "has more than max (%d)", p.Max)
	}
	return p, err
}

// parseIDs reads ids of events, at least one.
func parseIDs(texts []string) ([]uuid.UUID, error) {
	if len(texts) == 0 {
		return nil, fault.At("body.ids", "must name at least one")
	}
	ids := make([]uuid.UUID, len(texts))
	for i, text := range texts {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, fault.At("body.ids["+strconv.Itoa(i)+"]", "is not a UUID")
		}
		ids[i] = id
	}
	return ids, nil
}

// ReplayLettersOut is the answer.
type ReplayLettersOut struct {
	Body ReplayResponse
}

// ReplayResponse is its body.
type ReplayResponse struct {
	Message  string   `json:"message"`
	DryRun   bool     `json:"dryRun" doc:"Nothing was sent"`
	Replayed int      `json:"replayed" minimum:"0" maximum:"1000000" doc:"Letters that were sent again; with dryRun, that would be"`
	Repeated int      `json:"repeated" minimum:"0" maximum:"1000000" doc:"Of them, those whose last replay nobody had confirmed: it was sent once more"`
	IDs      []string `json:"ids" doc:"Event ids"`
}

func (s *Service) replayLetters(ctx context.Context, in *ReplayLettersIn) (*ReplayLettersOut, error) {
	p, err := in.Body.pick(actor(ctx))
	if err != nil {
		return nil, err
	}
	r, err := s.Replay(ctx, p)
	if err != nil {
		return nil, err
	}
	message := "Replayed %d dead letters."
	if p.DryRun {
		message = "Would replay %d dead letters."
	}
	message = fmt.Sprintf(message, len(r.Letters))
	if r.Left > 0 {
		message += fmt.Sprintf(" %d more are too big to go with them: ask again.", r.Left)
	}
	return &ReplayLettersOut{ReplayResponse{
		message, p.DryRun, len(r.Letters), r.Repeated, eventIDs(r.Letters),
	}}, nil
}

// DiscardLetters gives dead letters up.
var DiscardLetters = endpoint[DiscardLettersIn, DiscardLettersOut]{
	Name: "ops-dlq-discard", Route: "POST /api/ops/dlq/discard", Summary: "Give dead letters up, for a reason",
	Allow: session.OpsReplay, Rate: api.Write, Status: 200, Open: keep, Serve: (*Service).discardLetters,
}

// DiscardLettersIn is the request.
type DiscardLettersIn struct {
	Body DiscardRequest
}

// DiscardRequest is its body.
type DiscardRequest struct {
	IDs    []string `json:"ids" minItems:"1" maxItems:"1000" doc:"Event ids"`
	Reason string   `json:"reason" minLength:"1" maxLength:"500" doc:"Kept in the audit"`
}

// DiscardLettersOut is the answer.
type DiscardLettersOut struct {
	Body DiscardResponse
}

// DiscardResponse is its body.
type DiscardResponse struct {
	Message   string   `json:"message"`
	Discarded int      `json:"discarded" minimum:"0" maximum:"1000000" doc:"Letters that were not yet"`
	IDs       []string `json:"ids" doc:"Their event ids"`
}

func (s *Service) discardLetters(ctx context.Context, in *DiscardLettersIn) (*DiscardLettersOut, error) {
	reason := strings.TrimSpace(in.Body.Reason)
	if reason == "" {
		return nil, fault.At("body.reason", "is blank")
	}
	ids, err := parseIDs(in.Body.IDs)
	if err != nil {
		return nil, err
	}
	letters, err := s.Discard(ctx, actor(ctx), ids, reason)
	if err != nil {
		return nil, err
	}
	return &DiscardLettersOut{DiscardResponse{fmt.Sprintf("Discarded %d dead letters.", len(letters)), len(letters), eventIDs(letters)}}, nil
}

// actor names the caller in the audit.
func actor(ctx context.Context) string {
	return "user:" + strconv.FormatInt(session.From(ctx).UserID, 10)
}

func eventIDs(letters []Letter) []string {
	list := make([]string, len(letters))
	for i, l := range letters {
		list[i] = l.EventID.String()
	}
	return list
}
