package ops_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform/api"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
)

// clerk is somebody who looks after the shop.
type clerk struct {
	*desk

	id     int64
	cookie *http.Cookie
}

func (d *desk) operator(t *testing.T) clerk {
	t.Helper()
	who, cookie := d.SignUp(t, "op"+uuid.NewString()[:8], session.RoleOperator)
	return clerk{d, who.UserID, cookie}
}

func (c clerk) do(t *testing.T, o api.Operation, path string, body any) apitest.Answer {
	t.Helper()
	return c.Open(t, o).Do(t, apitest.Request{Path: path, Cookie: c.cookie, Body: body})
}

func TestListLetters(t *testing.T) {
	t.Parallel()
	d := setup(t)
	c := d.operator(t)
	d.bury(t, letter{order: 7, code: "malformed", fields: map[string]string{"a": "\xff"}}, letter{order: 8}, letter{order: 9})
	d.run(t, ops.ReplayRequest{IDs: d.bury(t, letter{})})
	list := func(query string) (letters []ops.LetterView, link string) {
		t.Helper()
		answer := c.do(t, ops.ListLetters, "/api/ops/dlq"+query, nil)
		if answer.Status != 200 {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		answer.Into(t, &letters)
		return letters, answer.Header.Get("Link")
	}
	orders := func(letters []ops.LetterView) (ids []int64) {
		for _, l := range letters {
			ids = append(ids, *l.OrderID)
		}
		return ids
	}
	all, link := list("")
	if !slices.Equal(orders(all), []int64{9, 8, 7}) || link != "" {
		t.Fatalf("%+v %s", all, link)
	}
	first := all[2]
	if first.DueAt == nil || first.FirstSeen.IsZero() || !first.FirstSeen.Equal(first.LastSeen) {
		t.Errorf("%+v", first)
	}
	first.DueAt, first.FirstSeen, first.LastSeen = nil, first.FirstSeen.Truncate(0), first.FirstSeen.Truncate(0)
	want := ops.LetterView{
		EventID: first.EventID, Reader: "products", Stream: event.OrdersStream, OrderID: first.OrderID, ErrorCode: "malformed", Error: "on purpose",
		Attempts: 5, State: ops.Dead, FirstSeen: first.FirstSeen, LastSeen: first.LastSeen,
		Envelope: map[string]string{"event_id": first.EventID, "order_id": "7", "products": "[]", "replay_count": "0", "a": "base64:/w=="},
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Error(diff)
	}
	if got, _ := list("?error_code=malformed"); !slices.Equal(orders(got), []int64{7}) {
		t.Errorf("%+v", got)
	}
	if got, _ := list("?state=replaying"); len(got) != 1 || got[0].OrderID != nil || got[0].ReplayCount != 1 {
		t.Errorf("%+v", got)
	}
	if got, _ := list("?state=parked"); got == nil || len(got) != 0 {
		t.Errorf("%+v", got)
	}
	// Letters of one moment are told apart by their ids.
	d.exec(t, `UPDATE ops.dead_letters SET first_seen = '2026-11-23 05:00:00.123456Z'`)
	var paged []int64
	for path := "?limit=1&error_code="; path != ""; {
		page, link := list(path)
		paged = append(paged, orders(page)...)
		_, path, _ = strings.Cut(strings.TrimSuffix(link, `>; rel="next"`), "</api/ops/dlq")
	}
	if slices.Sort(paged); !slices.Equal(paged, []int64{7, 8, 9}) {
		t.Errorf("page by page: %v", paged)
	}
}

func TestReplayLetters(t *testing.T) {
	t.Parallel()
	d := setup(t)
	c := d.operator(t)
	var ids []string
	for i := range 4 {
		ids = append(ids, d.bury(t, letter{code: fmt.Sprint("code_", i%2)})...)
	}
	d.exec(t, `UPDATE ops.dead_letters SET state = 'parked', replay_count = 3, due_at = NULL WHERE event_id = $1`, ids[3])
	replay := func(body string) ops.ReplayResponse {
		t.Helper()
		answer := c.do(t, ops.ReplayLetters, "", body)
		if answer.Status != 202 {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		var got ops.ReplayResponse
		answer.Into(t, &got)
		return got
	}
	before := d.everything(t)
	if diff := cmp.Diff(ops.ReplayResponse{"Would replay 4 dead letters.", true, 4, 0, ids}, replay(`{"dryRun":true}`)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ops.ReplayResponse{"Would replay 1 dead letters.", true, 1, 0, ids[2:3]}, replay(`{"dryRun":true,"ids":["`+ids[2]+`"]}`)); diff != "" {
		t.Error(diff)
	}
	if after := d.everything(t); after != before {
		t.Errorf("it changed:\n%s\n%s", before, after)
	}
	if diff := cmp.Diff(ops.ReplayResponse{"Replayed 1 dead letters.", false, 1, 0, ids[:1]}, replay(`{"max":1}`)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ops.ReplayResponse{"Replayed 2 dead letters.", false, 2, 0, []string{ids[1], ids[3]}}, replay(`{"errorCode":"code_1"}`)); diff != "" {
		t.Error(diff)
	}
	both := []string{strings.ToUpper(ids[2]), ids[0], ids[0]}
	got := replay(`{"ids":["` + strings.Join(both, `","`) + `"]}`)
	if slices.Sort(got.IDs); got.Replayed != 2 || got.Repeated != 1 || !slices.Contains(got.IDs, ids[0]) || !slices.Contains(got.IDs, ids[2]) {
		t.Errorf("%+v", got)
	}
	for i, want := range []string{"replaying 1 2", "replaying 1 1", "replaying 1 1", "replaying 4 1"} {
		if got := d.state(t, ids[i]); got != want {
			t.Errorf("letter %d: %s, want %s", i, got, want)
		}
	}
	audit := fmt.Sprintf("user:%d dlq.replay ", c.id)
	if got := d.text(t, `SELECT count(*) || ' ' || count(DISTINCT a.target) FROM ops.audit a WHERE concat(a.actor, ' ', a.action, ' ') = $1`, audit); got != "5 4" {
		t.Errorf("audit: %s deeds on letters, want 5 on 4", got)
	}
	if got := replay(`{}`); got.Replayed != 0 || got.IDs == nil {
		t.Errorf("what is being replayed is no letter that waits: %+v", got)
	}
}

func TestDiscardLetters(t *testing.T) {
	t.Parallel()
	d := setup(t)
	c := d.operator(t)
	ids := d.bury(t, letter{}, letter{}, letter{})
	d.run(t, ops.ReplayRequest{IDs: ids[:1]})
	discard := func(ids ...string) (got ops.DiscardResponse) {
		t.Helper()
		answer := c.do(t, ops.DiscardLetters, "", ops.DiscardRequest{IDs: ids, Reason: " never was an order \n"})
		if answer.Status != 200 {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		answer.Into(t, &got)
		return got
	}
	if got := discard(ids[0], ids[1]); got.Discarded != 2 || len(got.IDs) != 2 {
		t.Errorf("%+v", got)
	}
	if got := discard(ids[1], ids[2]); got.Discarded != 1 || got.IDs[0] != ids[2] {
		t.Errorf("one of them for the second time: %+v", got)
	}
	for i, want := range []string{"discarded 0 1", "discarded 0 0", "discarded 0 0"} {
		if got := d.state(t, ids[i]); got != want {
			t.Errorf("letter %d: %s, want %s", i, got, want)
		}
	}
	audit := fmt.Sprintf("user:%d dlq.discard never was an order", c.id)
	if got := d.text(t, `SELECT count(*) || ' ' || count(DISTINCT a.target) FROM ops.audit a WHERE concat_ws(' ', a.actor, a.action, a.reason) = $1`, audit); got != "3 3" {
		t.Errorf("audit: %s, want 3 deeds on 3 letters", got)
	}
}
