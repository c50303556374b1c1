package api

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/url"
	"strconv"

	"mercato/shared/platform/fault"
)

// Page is the paging part of a list's input: keyset, newest first.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Length of a page"`
	Cursor string `query:"cursor" maxLength:"100" doc:"Where the page begins: from the Link header of the page before"`
}

// Before returns the id that every item of the page is below. Malformed for a cursor that is not ours.
func (p Page) Before() (int64, error) {
	if p.Cursor == "" {
		return math.MaxInt64, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	if err != nil {
		return 0, fault.Unreadable("query.cursor", "is not a cursor")
	}
	id, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.Unreadable("query.cursor", "is not a cursor")
	}
	return id, nil
}

// Next returns the Link header of a page at path whose last item is id; filters are the query's other
// parameters. A page that is not full is the last: no link.
func (p Page) Next(path string, items int, id int64, filters url.Values) string {
	return p.NextAt(path, items, base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, id, 10)), filters)
}

// NextAt is Next of a list that has cursors of its own.
func (p Page) NextAt(path string, items int, cursor string, filters url.Values) string {
	if items < p.Limit {
		return ""
	}
	q := url.Values{"limit": {strconv.Itoa(p.Limit)}, "cursor": {cursor}}
	for name, values := range filters {
		if values[0] != "" {
			q[name] = values
		}
	}
	return fmt.Sprintf(`<%s?%s>; rel="next"`, path, q.Encode())
}
