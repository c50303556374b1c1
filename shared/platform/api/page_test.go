package api_test

import (
	"encoding/base64"
	"math"
	"net/url"
	"strings"
	"testing"

	"mercato/shared/platform/api"
	"mercato/shared/platform/fault"
)

// FuzzCursor: a cursor names an id, or is refused as unreadable; the link to the next page names the last id of this.
func FuzzCursor(f *testing.F) {
	for _, cursor := range []string{"", "MQ", "LTE", "MA", "!", "MQ==", "OTIyMzM3MjAzNjg1NDc3NTgwNw", "OTIyMzM3MjAzNjg1NDc3NTgwOA", "KzE", "MHgx", "\xff", "MQ\n"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		id, err := api.Page{Limit: 1, Cursor: cursor}.Before()
		switch {
		case err != nil:
			if fault.KindOf(err) != fault.Malformed || id != 0 {
				t.Fatalf("%q: %d, %v", cursor, id, err)
			}
			return
		case id < 1, cursor == "" && id != math.MaxInt64:
			t.Fatalf("%q: %d", cursor, id)
		}
		link := api.Page{Limit: 1}.Next("/things", 1, id, url.Values{"status": {"A&B"}, "q": {""}})
		target, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		u, bad := url.Parse(target)
		if !ok || bad != nil || u.Path != "/things" || u.Query().Get("status") != "A&B" || u.Query().Has("q") {
			t.Fatalf("%q: link %s", cursor, link)
		}
		if next, err := (api.Page{Limit: 1, Cursor: u.Query().Get("cursor")}).Before(); err != nil || next != id {
			t.Fatalf("%q: id %d, read again as %d, %v", cursor, id, next, err)
		}
	})
}

// TestCursorIsRefused: what decodes to no positive id is no cursor.
func TestCursorIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0", "-1", "x", "1.5", "9223372036854775808", " 1", ""} {
		cursor := base64.RawURLEncoding.EncodeToString([]byte(text))
		if id, err := (api.Page{Cursor: cursor + "!"}).Before(); err == nil {
			t.Errorf("%q is %d", cursor+"!", id)
		}
		if id, err := (api.Page{Cursor: cursor}).Before(); text != "" && err == nil {
			t.Errorf("%q is %d", text, id)
		}
	}
}
