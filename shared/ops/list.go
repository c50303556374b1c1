package ops

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"mercato/shared/platform/fault"
)

// LetterFilter says which letters List answers.
type LetterFilter struct {
	State     LetterState
	ErrorCode string // empty for any
	Limit     int
	Cursor    string // of a page before; empty for the first
}

// List answers a page of letters, those that were first seen last at first, big envelopes cut, and the cursor of what
// follows.
// Malformed for a cursor that is not ours.
func (s *Service) List(ctx context.Context, f LetterFilter) (letters []Letter, next string, err error) {
	defer fault.Wrap(&err, "ops.List(%s)", f.State)
	after, err := parsePlace(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	letters, err = letterPage(ctx, s.db, f, after)
	if n := len(letters); n > 0 {
		last := letters[n-1]
		next = place{last.FirstSeen, last.EventID, last.Reader}.String()
	}
	return letters, next, err
}

// place is a letter's in the list.
type place struct {
	firstSeen time.Time
	eventID   uuid.UUID
	reader    string
}

// String is the place as a cursor, at most 100 characters long.
func (p place) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %s %s", p.firstSeen.UTC().Format(time.RFC3339Nano), p.eventID, p.reader))
}

// parsePlace reads a cursor; an empty one is before every letter.
func parsePlace(cursor string) (p place, err error) {
	if cursor == "" {
		return place{firstSeen: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	at, rest, _ := strings.Cut(string(raw), " ")
	id, reader, _ := strings.Cut(rest, " ")
	if err == nil {
		p.firstSeen, err = time.Parse(time.RFC3339Nano, at)
	}
	if err == nil {
		p.eventID, err = uuid.Parse(id)
	}
	if p.reader = reader; err != nil || !isWord(reader) || p.String() != cursor { // one form for each place, and nothing that Postgres cannot read
		return place{}, fault.Unreadable("query.cursor", "is not a cursor")
	}
	return p, nil
}

// isWord says whether a text may name a reader: it is short, of visible ASCII characters.
func isWord(text string) bool {
	const longest = 63 // as Postgres's names are
	invisible := func(r rune) bool { return r <= ' ' || r > '~' }
	return text != "" && len(text) <= longest && !strings.ContainsFunc(text, invisible)
}
