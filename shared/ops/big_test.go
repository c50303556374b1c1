package ops_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/ops"
	"mercato/shared/platform/streamtest"
)

// forge makes n letters of order 7 with an envelope, due a while ago in the order of their ids, which it answers.
func (d *desk) forge(t *testing.T, n int, envelope string) (ids []string) {
	t.Helper()
	for i := range n {
		ids = append(ids, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
	}
	d.exec(t, `INSERT INTO ops.dead_letters (event_id, reader, stream, order_id, error_code, error, attempts, due_at, first_seen, envelope)
		SELECT l.id, 'products', $2, 7, 'failed', repeat(E'\x01', 1000), 5, now(), now() - interval '1 hour' + l.place * interval '1 second', $3::text::json
		FROM unnest($1::uuid[]) WITH ORDINALITY l (id, place)`, ids, event.OrdersStream, envelope)
	return ids
}

// field is an envelope of one field, whose value's JSON is a text so many times over.
func field(text string, times int) string { return `{"a":"` + strings.Repeat(text, times) + `"}` }

// manyFields is an envelope of fields with long names.
func manyFields(n int) string {
	fields := map[string]string{}
	for i := range n {
		fields[fmt.Sprintf("%05d%s", i, strings.Repeat("\x01", 100))] = strings.Repeat("\x01", 300)
	}
	blob, _ := json.Marshal(fields)
	return string(blob)
}

// TestBigLetters: whatever somebody has sent, operators see it: a page and a story fit well into the 6 MB that a function may
// answer, as JSON within its JSON.
func TestBigLetters(t *testing.T) {
	t.Parallel()
	const most = 4500 << 10
	for name, c := range map[string]struct {
		n        int
		envelope string
		cut      bool
	}{
		"150 kB":             {60, field("x", 150_000), true},
		"7 MB":               {3, field("x", 7_000_000), true},
		"control":            {100, field(`\u0001`, 20_000), true},
		"4 bytes":            {100, field("😀", 5_000), true},
		"fields":             {100, manyFields(200), true},
		"just cut, quotes":   {100, field(`\"`, 8_190), true},
		"just whole, quotes": {100, field(`\"`, 8_188), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := setup(t)
			d.forge(t, c.n, c.envelope)
			who := d.operator(t)
			var letters []ops.LetterView
			var story ops.StoryResponse
			page, told := who.do(t, ops.ListLetters, "/api/ops/dlq?limit=100", nil), who.do(t, ops.OrderStory, "/api/ops/orders/7", nil)
			if page.Status != 200 || told.Status != 200 {
				t.Fatalf("%d, %d", page.Status, told.Status)
			}
			page.Into(t, &letters)
			told.Into(t, &story)
			if len(letters) != c.n || len(story.DeadLetters) != c.n || letters[0].EnvelopeCut != c.cut || story.DeadLetters[0].EnvelopeCut != c.cut {
				t.Errorf("%d and %d letters, cut: %v", len(letters), len(story.DeadLetters), letters[0].EnvelopeCut)
			}
			for _, body := range [][]byte{page.Body, told.Body} {
				if sent, _ := json.Marshal(string(body)); len(sent) > most {
					t.Errorf("an answer of %d bytes", len(sent))
				}
			}
		})
	}
}

// TestExcerpt: what is shown of a big envelope, also of a strange one.
func TestExcerpt(t *testing.T) {
	t.Parallel()
	d := setup(t)
	c := d.operator(t)
	long := strings.Repeat("ü", 20_000)
	many, first := map[string]string{}, map[string]string{}
	for i := range 20 {
		name := fmt.Sprintf("%02d%s", i, strings.Repeat("n", 100))
		if many[name] = long; i < 16 {
			first[name[:64]] = long[:2*200]
		}
	}
	asJSON := func(v any) string {
		blob, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(blob)
	}
	for name, e := range map[string]struct {
		envelope string
		want     map[string]string
	}{
		"long":    {asJSON(many), first},
		"strange": {asJSON(map[string]any{"a": nil, "b": 1, "c": []int{2}, "d": long}), map[string]string{"a": "null", "b": "1", "c": "[2]", "d": long[:2*200]}},
		"no text": {`{"a":"\u0000","b":"` + long + `"}`, map[string]string{}},
		"empty":   {`{` + strings.Repeat(" ", 20_000) + `}`, map[string]string{}},
	} {
		d.exec(t, `DELETE FROM ops.dead_letters`)
		d.forge(t, 1, e.envelope)
		var letters []ops.LetterView
		c.do(t, ops.ListLetters, "", nil).Into(t, &letters)
		if len(letters) != 1 || !letters[0].EnvelopeCut || !maps.Equal(letters[0].Envelope, e.want) {
			t.Errorf("%s: %s", name, cmp.Diff(e.want, letters[0].Envelope))
		}
	}
}

// TestStoryIsBounded: of an order with many letters and deeds, the newest are told.
func TestStoryIsBounded(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ids := d.forge(t, 103, `{}`)
	for i := range 104 {
		if _, err := d.reader.Exec(t.Context(), `SELECT ops.audit('answer.unknown', 'order:7', $1)`, strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	var story ops.StoryResponse
	d.operator(t).do(t, ops.OrderStory, "/api/ops/orders/7", nil).Into(t, &story)
	var told []string
	for _, l := range story.DeadLetters {
		told = append(told, l.EventID)
	}
	if !slices.Equal(told, ids[3:]) {
		t.Errorf("%d letters from %s", len(told), told[0])
	}
	if n := len(story.Audit); n != 100 || story.Audit[0].Reason != "4" || story.Audit[99].Reason != "103" {
		t.Errorf("%d deeds from %+v", n, story.Audit[0])
	}
}

// TestReplayBig: big letters are replayed a few at a time, and each as it was. By name they go together or not at all.
func TestReplayBig(t *testing.T) {
	t.Parallel()
	const size = 3 << 17 // 1 MiB are read at once, and the letter that passes them
	d := setup(t)
	c := d.operator(t)
	ids := d.forge(t, 5, field("x", size))
	all, _ := json.Marshal(map[string]any{"ids": ids})
	for _, body := range []string{string(all), strings.Replace(string(all), "{", `{"dryRun":true,`, 1)} {
		isProblem(t, c.do(t, ops.ReplayLetters, "", body), 422, "invalid")
	}
	sent := func() (n int) {
		t.Helper()
		for _, e := range streamtest.Entries(t, d.Redis, event.OrdersStream) {
			if a, _ := e["a"].(string); len(a) == size && e["replay_count"] == "1" {
				n++
			}
		}
		return n
	}
	if n := sent(); n != 0 {
		t.Errorf("%d were sent", n)
	}
	var got ops.ReplayResponse
	c.do(t, ops.ReplayLetters, "", `{"dryRun":true}`).Into(t, &got)
	if want := "Would replay 3 dead letters. 2 more are too big to go with them: ask again."; got.Message != want || !slices.Equal(got.IDs, ids[:3]) {
		t.Errorf("%+v", got)
	}
	r, err := d.keeper(t).ReplayDue(t.Context(), 200)
	if err != nil || len(r.Letters) != 3 || r.Left != 2 || sent() != 3 {
		t.Errorf("%v, %d letters, %d left, %d sent", err, len(r.Letters), r.Left, sent())
	}
	d.run(t, ops.ReplayRequest{})
	if n := sent(); n != 5 {
		t.Errorf("%d of 5 were sent", n)
	}
	d.due(t)
	if got := d.run(t, ops.ReplayRequest{}); got.Repeated != 5 { // one look after the other, until none is left
		t.Errorf("%+v", got)
	}
	discarded, err := d.keeper(t).Discard(t.Context(), "user:1", uuids(ids), "for the test")
	if err != nil || len(discarded) != 5 {
		t.Errorf("%v, %d discarded", err, len(discarded))
	}
}

// TestReplayHuge: a letter that is beyond what is read at once is replayed alone, and holds up no other.
func TestReplayHuge(t *testing.T) {
	t.Parallel()
	d := setup(t)
	id := d.forge(t, 1, field("x", 2<<20))[0]
	small := d.bury(t, letter{})[0]
	d.due(t)
	if got := d.run(t, ops.ReplayRequest{}); got.Replayed != 2 {
		t.Errorf("%+v", got)
	}
	if got := d.state(t, id) + ", " + d.state(t, small); got != "replaying 1 1, replaying 1 1" {
		t.Error(got)
	}
	if r, err := d.keeper(t).Replay(t.Context(), ops.Pick{IDs: uuids([]string{id}), Max: 1}); err != nil || r.Repeated != 1 {
		t.Errorf("by name: %v, %d", err, len(r.Letters))
	}
}

// TestMessagesMissingBig: of big letters, some messages are sent at a time; of those that no message can carry, all.
func TestMessagesMissingBig(t *testing.T) {
	t.Parallel()
	d := setup(t)
	const n = 10 // of 200 KiB, 1 MiB is 6
	d.forge(t, n, field("x", 200<<10))
	d.exec(t, `UPDATE ops.dead_letters SET due_at = now() + interval '1 hour'`)
	var sent []int
	for range 3 {
		sent = append(sent, d.run(t, ops.ReplayRequest{}).Messages.Sent)
	}
	if !slices.Equal(sent, []int{6, 4, 0}) {
		t.Errorf("sent %v", sent)
	}
	huge := setup(t)
	huge.forge(t, 5, field("x", 2_000_000))
	huge.exec(t, `UPDATE ops.dead_letters SET due_at = now() + interval '1 hour'`)
	if got := huge.run(t, ops.ReplayRequest{}).Messages.Sent; got != 5 {
		t.Errorf("sent %d of 5", got)
	}
}

func uuids(texts []string) (ids []uuid.UUID) {
	for _, text := range texts {
		ids = append(ids, uuid.MustParse(text))
	}
	return ids
}
