package deadletter_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/fault"
)

const id = "01a2063b-ec71-744d-ade1-64ee75d0260d"

func fields() map[string]string {
	return map[string]string{"event_id": strings.ToUpper(id), "order_id": "7", "replay_count": "2", "products": "[]"}
}

func TestNew(t *testing.T) {
	t.Parallel()
	got := deadletter.New("products", "orders_stream", fields(), deadletter.Failed, errors.New("on purpose"))
	want := deadletter.Letter{
		EventID: id, Reader: "products", Stream: "orders_stream", OrderID: 7, Code: "failed", Error: "on purpose", Replays: 2, Fields: fields(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	coded := fmt.Errorf("work: %w", fault.New(fault.Invalid, "no_such_product", "There is none."))
	if got := deadletter.New("products", "x", fields(), deadletter.Malformed, coded); got.Code != "no_such_product" {
		t.Errorf("code %q, want the fault's", got.Code)
	}
	bare := deadletter.New("products", "x", map[string]string{"order_id": "-7", "replay_count": "2147483648"}, deadletter.Malformed, errors.New("x"))
	if bare.OrderID != 0 || bare.Replays != 0 || bare.Code != "malformed" {
		t.Errorf("of an entry that says nothing of use: %+v", bare)
	}
}

func TestNewKeepsTheErrorBrief(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"long": strings.Repeat("ü", 5000), "bytes": strings.Repeat("\xff\x00", 3000)} {
		got := deadletter.New("a", "b", nil, "c", errors.New(text)).Error
		if n := utf8.RuneCountInString(got); n != 1000 && name == "long" || n > 1000 || !utf8.ValidString(got) || strings.Contains(got, "\x00") {
			t.Errorf("%s: %d characters, %.40q", name, n, got)
		}
	}
}

// TestID: the same poison has the same id however often it comes, and nothing else has.
func TestID(t *testing.T) {
	t.Parallel()
	bare := map[string]string{"order_id": "7", "a": "bc"}
	first := deadletter.ID("s", bare)
	if u, err := uuid.Parse(first); err != nil || u.Variant() != uuid.RFC4122 {
		t.Errorf("%q is no UUID: %v", first, err)
	}
	replayed := maps.Clone(bare)
	replayed["replay_count"] = "3"
	if deadletter.ID("s", replayed) != first {
		t.Error("a replay is another letter")
	}
	for name, other := range map[string]map[string]string{
		"other value": {"order_id": "8", "a": "bc"}, "moved border": {"order_id": "7", "ab": "c"}, "no UUID": {"order_id": "7", "a": "bc", "event_id": "x"},
	} {
		if deadletter.ID("s", other) == first {
			t.Errorf("%s: the same id", name)
		}
	}
	if deadletter.ID("t", bare) == first {
		t.Error("another stream: the same id")
	}
}

func TestAgain(t *testing.T) {
	t.Parallel()
	l := deadletter.New("a", "s", map[string]string{"order_id": "7"}, "c", errors.New("x"))
	again := l.Again()
	want := map[string]string{"order_id": "7", "event_id": l.EventID, "replay_count": "1"}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Error(diff)
	}
	if deadletter.ID("s", again) != l.EventID || len(l.Fields) != 1 {
		t.Error("the replay is not the same event, or the letter has changed")
	}
	l = deadletter.New("a", "s", map[string]string{"event_id": "x"}, "c", errors.New("x"))
	if again := l.Again(); again["event_id"] != "x" || deadletter.ID("s", again) != l.EventID {
		t.Errorf("%v: a replay changes nothing but its count", again)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	l := deadletter.New("products", "orders_stream", fields(), deadletter.Failed, errors.New("x"))
	const want = `{"event_id":"` + id + `","reader":"products","stream":"orders_stream","replay_count":2,"error_code":"failed",` +
		`"fields":{"event_id":"01A2063B-EC71-744D-ADE1-64EE75D0260D","order_id":"7","products":"[]","replay_count":"2"}}`
	if got := l.Marshal(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	back, err := deadletter.Parse(" " + want + "\n")
	l.Error = ""
	if diff := cmp.Diff(l, back); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for name, body := range map[string]string{
		"nothing": "", "null": "null", "no id": strings.Replace(want, id, "x", 1), "no reader": strings.Replace(want, `"products"`, `""`, 1),
		"trailing": want + "{}", "unknown": strings.Replace(want, `{"event_id"`, `{"a":1,"event_id"`, 1), "negative": strings.Replace(want, ":2,", ":-2,", 1),
		"twice": strings.Replace(want, `"reader"`, `"reader":"orders","reader"`, 1), "other case": strings.Replace(want, `"reader"`, `"Reader"`, 1),
		"fraction": strings.Replace(want, ":2,", ":2.5,", 1), "not base64": strings.Replace(want, `"[]"`, `"base64:?"`, 1),
		"needless base64": strings.Replace(want, `"[]"`, `"base64:W10="`, 1), "capital id": strings.Replace(want, id, strings.ToUpper(id), 1),
	} {
		if l, err := deadletter.Parse(body); err == nil {
			t.Errorf("%s is taken: %+v", name, l)
		}
	}
}

func TestMessageTooLong(t *testing.T) {
	t.Parallel()
	l := deadletter.New("a", "s", map[string]string{"order_id": "7", "text": strings.Repeat("x", 256<<10)}, "c", errors.New("x"))
	body := l.Marshal()
	back, err := deadletter.Parse(body)
	if err != nil || len(body) > 1000 || back.EventID != l.EventID || back.Fields != nil {
		t.Errorf("%d bytes, %+v, %v", len(body), back, err)
	}
}

// FuzzFields: whatever bytes an entry holds come back, and are text on the way.
func FuzzFields(f *testing.F) {
	f.Add("a", "b")
	f.Add("\xff", "\x00")
	f.Add("base64:", "base64:AA==")
	f.Add("\ufffe", "\uffff\u0001")
	f.Fuzz(func(t *testing.T, name, value string) {
		want := deadletter.Fields{name: value, "other": "text"}
		blob, err := json.Marshal(want)
		if err != nil || !utf8.Valid(blob) || bytes.ContainsAny(blob, "\x00\ufffe\uffff") || bytes.Contains(blob, []byte(`\u0000`)) && !strings.Contains(name+value, `\`) {
			t.Fatalf("%q, %v", blob, err)
		}
		var got deadletter.Fields
		if err := json.Unmarshal(blob, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	l := deadletter.New("products", "orders_stream", fields(), deadletter.Failed, errors.New("x"))
	f.Add(l.Marshal())
	f.Add(deadletter.Letter{EventID: id, Reader: "a", Stream: "b", Code: "c", Fields: deadletter.Fields{"\xff": "base64:\x00"}}.Marshal())
	f.Add(`{"event_id":"` + id + `","fields":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		l, err := deadletter.Parse(body)
		if err != nil {
			return
		}
		again, err := deadletter.Parse(l.Marshal())
		if err != nil {
			t.Fatalf("what was accepted is refused when it is written again: %v", err)
		}
		if diff := cmp.Diff(l, again); diff != "" {
			t.Error(diff)
		}
	})
}
