package ops_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mercato/shared/ops"
	"mercato/shared/platform/api"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
)

// TestLettersRefuse: what is refused changes nothing, and no value that was sent comes back.
func TestLettersRefuse(t *testing.T) {
	t.Parallel()
	d := setup(t)
	c := d.operator(t)
	ids := d.bury(t, letter{}, letter{}, letter{})
	d.run(t, ops.ReplayRequest{IDs: ids[:1]})
	d.applyAll(t) // the first is resolved
	d.exec(t, `UPDATE ops.dead_letters SET state = 'discarded', due_at = NULL WHERE event_id = $1`, ids[1])
	resolved, discarded, dead, unknown := `"`+ids[0]+`"`, `"`+ids[1]+`"`, `"`+ids[2]+`"`, `"`+uuid.NewString()+`"`
	before := d.everything(t)
	replay, discard, list := api.Operation(ops.ReplayLetters), api.Operation(ops.DiscardLetters), api.Operation(ops.ListLetters)
	for name, r := range map[string]struct {
		endpoint api.Operation
		body     string // of a list, its query
		status   int
		where    string
	}{
		"replay: unknown":          {replay, `{"ids":[` + dead + `,` + unknown + `]}`, 404, ""},
		"replay: unknown, dry":     {replay, `{"dryRun":true,"ids":[` + dead + `,` + unknown + `]}`, 404, ""},
		"replay: resolved":         {replay, `{"ids":[` + dead + `,` + resolved + `]}`, 409, ""},
		"replay: discarded":        {replay, `{"ids":[` + dead + `,` + discarded + `]}`, 409, ""},
		"replay: discarded, dry":   {replay, `{"dryRun":true,"ids":[` + discarded + `]}`, 409, ""},
		"replay: max 0":            {replay, `{"max":0}`, 422, "body.max"},
		"replay: max negative":     {replay, `{"max":-5}`, 422, "body.max"},
		"replay: max huge":         {replay, `{"max":1001}`, 422, "body.max"},
		"replay: max beyond":       {replay, `{"max":99999999999999999999}`, 422, "body.max"},
		"replay: max a text":       {replay, `{"max":"5"}`, 422, "body.max"},
		"replay: no ids":           {replay, `{"ids":[]}`, 422, "body.ids"},
		"replay: ids null":         {replay, `{"ids":null}`, 422, "body.ids"},
		"replay: ids of numbers":   {replay, `{"ids":[7]}`, 422, "body.ids[0]"},
		"replay: ids no UUID":      {replay, `{"ids":[` + dead + `,"7; DROP"]}`, 422, "body.ids[1]"},
		"replay: more than max":    {replay, `{"max":1,"ids":[` + dead + `,` + unknown + `]}`, 422, "body.ids"},
		"replay: too many":         {replay, `{"max":1000,"ids":[` + strings.TrimSuffix(strings.Repeat(dead+",", 1001), ",") + `]}`, 422, "body.ids"},
		"replay: unknown field":    {replay, `{"error_code":"x"}`, 400, "body.error_code"},
		"replay: other case":       {replay, `{"DryRun":true}`, 400, "body.DryRun"},
		"replay: dryRun a text":    {replay, `{"dryRun":"true"}`, 422, "body.dryRun"},
		"replay: no object":        {replay, `[]`, 422, "body"},
		"replay: null":             {replay, `null`, 422, "body"},
		"replay: malformed":        {replay, `{"max":`, 400, "body"},
		"replay: max null":         {replay, `{"max":null}`, 422, "body.max"},
		"replay: errorCode null":   {replay, `{"errorCode":null}`, 422, "body.errorCode"},
		"replay: dryRun null":      {replay, `{"dryRun":null,"ids":[` + dead + `]}`, 422, "body.dryRun"},
		"discard: null ids":        {discard, `{"reason":"x","ids":null}`, 422, "body.ids"},
		"discard: unknown":         {discard, `{"reason":"x","ids":[` + dead + `,` + unknown + `]}`, 404, ""},
		"discard: resolved":        {discard, `{"reason":"x","ids":[` + dead + `,` + resolved + `]}`, 409, ""},
		"discard: no reason":       {discard, `{"ids":[` + dead + `]}`, 422, "body.reason"},
		"discard: empty reason":    {discard, `{"reason":"","ids":[` + dead + `]}`, 422, "body.reason"},
		"discard: blank reason":    {discard, `{"reason":" \n\t ","ids":[` + dead + `]}`, 422, "body.reason"},
		"discard: null reason":     {discard, `{"reason":null,"ids":[` + dead + `]}`, 422, "body.reason"},
		"discard: long reason":     {discard, `{"reason":"` + strings.Repeat("x", 501) + `","ids":[` + dead + `]}`, 422, "body.reason"},
		"discard: reason with NUL": {discard, `{"reason":"a\u0000","ids":[` + dead + `]}`, 422, "body.reason"},
		"discard: no ids":          {discard, `{"reason":"x"}`, 422, "body.ids"},
		"discard: empty ids":       {discard, `{"reason":"x","ids":[]}`, 422, "body.ids"},
		"discard: no UUID":         {discard, `{"reason":"x","ids":["` + strings.Repeat("0", 36) + `"]}`, 422, "body.ids[0]"},
		"list: state":              {list, "?state=alive", 400, "query.state"},
		"list: limit":              {list, "?limit=101", 400, "query.limit"},
		"list: cursor":             {list, "?cursor=7", 400, "query.cursor"},
		"list: cursor with NUL":    {list, "?cursor=" + placed("pro\x00ducts"), 400, "query.cursor"},
		"list: cursor of no text":  {list, "?cursor=" + placed("\xff"), 400, "query.cursor"},
		"list: cursor's space":     {list, "?cursor=" + placed("a b"), 400, "query.cursor"},
		"list: cursor of nobody":   {list, "?cursor=" + placed(""), 400, "query.cursor"},
		"list: parameter":          {list, "?errorCode=x", 400, "query.errorCode"},
	} {
		t.Run(name, func(t *testing.T) {
			path, body := "", any(r.body)
			if r.endpoint.Spec().Method == http.MethodGet {
				path, body = "/api/ops/dlq"+r.body, nil
			}
			answer := c.do(t, r.endpoint, path, body)
			var p api.Problem
			answer.Into(t, &p)
			if answer.Status != r.status || (r.where != "") != (len(p.Errors) > 0) || r.where != "" && p.Errors[0].Location != r.where {
				t.Errorf("%d %s, want %d at %q", answer.Status, answer.Body, r.status, r.where)
			}
			for _, sent := range []string{ids[0], ids[1], ids[2], strings.Trim(unknown, `"`), "DROP", "alive"} {
				if strings.Contains(string(answer.Body), sent) {
					t.Errorf("it repeats %s: %s", sent, answer.Body)
				}
			}
		})
	}
	if after := d.everything(t); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

// placed is a cursor behind a letter of a reader.
func placed(reader string) string {
	return base64.RawURLEncoding.EncodeToString([]byte("2026-11-23T05:00:00Z 01a2063b-ec71-744d-ade1-64ee75d0260d " + reader))
}

// TestAccess: whoever may not, is told so by every route, whatever he sends.
func TestAccess(t *testing.T) {
	t.Parallel()
	app := apitest.New(t, nil)
	cookies := map[session.Role]*http.Cookie{"": nil}
	for _, role := range []session.Role{session.RoleUser, session.RoleModerator, session.RoleOperator, session.RoleAdmin} {
		_, cookies[role] = app.SignUp(t, strings.ToLower(string(role)), role)
	}
	routes := 0
	for _, o := range ops.Endpoints() {
		spec := o.Spec()
		if !strings.HasPrefix(spec.Path, "/api/ops/") {
			continue
		}
		routes++
		client := app.Open(t, o)
		want := session.OpsRead
		if spec.Method != http.MethodGet {
			want = session.OpsReplay
		}
		if spec.Allow != want {
			t.Errorf("%s is for %s, want %s", spec.Name, spec.Allow, want)
		}
		for role, cookie := range cookies {
			q := apitest.Request{Path: strings.ReplaceAll(spec.Path, "{id}", "7"), Cookie: cookie}
			if spec.Method != http.MethodGet {
				q.Body = "{}"
			}
			answer := client.Do(t, q)
			expected := map[session.Role]int{"": 401, session.RoleUser: 403, session.RoleModerator: 403}[role]
			if may := role == session.RoleOperator || role == session.RoleAdmin; may && (answer.Status == 401 || answer.Status == 403) || !may && answer.Status != expected {
				t.Errorf("%s as %q: %d", spec.Name, role, answer.Status)
			}
		}
	}
	if routes != 6 {
		t.Errorf("%d routes", routes)
	}
}

// FuzzPlace: a cursor is read as it was written, and whatever else somebody sends is refused: also what is no plain text, which
// Postgres would not take.
func FuzzPlace(f *testing.F) {
	f.Add("")
	f.Add(placed("\x00"))
	f.Add(placed("\xff"))
	f.Add(placed("é"))
	f.Add("MjAyNi0xMS0yM1QwNTowMDowMFogMDFhMjA2M2ItZWM3MS03NDRkLWFkZTEtNjRlZTc1ZDAyNjBkIHByb2R1Y3Rz")
	f.Add("MjAyNi0xMS0yM1QwNTowMDowMC4xMjM0NTZaIDAxYTIwNjNiLWVjNzEtNzQ0ZC1hZGUxLTY0ZWU3NWQwMjYwZCA")
	f.Add("MjAyNi0xMS0yM1QwNTowMDowMCswMDowMCAwMWEyMDYzYi1lYzcxLTc0NGQtYWRlMS02NGVlNzVkMDI2MGQgcHJvZHVjdHM") // a place in another form
	f.Fuzz(func(t *testing.T, cursor string) {
		again, err := ops.ReadCursor(cursor)
		if err == nil && cursor != "" && again != cursor {
			t.Errorf("%q reads as %q", cursor, again)
		}
		raw, _ := base64.RawURLEncoding.DecodeString(cursor)
		if err == nil && bytes.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q is no plain text", raw)
		}
	})
}
