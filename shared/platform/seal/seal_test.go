package seal_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"

	"mercato/shared/platform/seal"
)

func fields() map[string]string {
	return map[string]string{"order_id": "7", "a": "bc", "occurred_at": "2026-11-23T01:02:03.004Z"}
}

// TestID freezes what is sealed: the releases before and after must agree.
func TestID(t *testing.T) {
	t.Parallel()
	got := seal.ID("s", fields())
	if want := "01a205ec-9efc-"; !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
	if id, err := uuid.Parse(got); err != nil || id.Version() != 8 || id.Variant() != uuid.RFC4122 {
		t.Errorf("%s: version %d, variant %s, %v", got, id.Version(), id.Variant(), err)
	}
	for name, other := range map[string]struct {
		stream string
		with   map[string]string
	}{
		"another stream":     {"t", nil},
		"another value":      {"s", map[string]string{"order_id": "8"}},
		"one more field":     {"s", map[string]string{"b": ""}},
		"a moved border":     {"s", map[string]string{"a": "b", "ac": ""}},
		"another time":       {"s", map[string]string{"occurred_at": "2026-11-23T01:02:03.005Z"}},
		"a time before 1970": {"s", map[string]string{"occurred_at": "0001-01-01T00:00:00Z"}},
		"no time":            {"s", map[string]string{"occurred_at": ""}},
		"an id that is none": {"s", map[string]string{"event_id": "x"}},
		"a wrapped id":       {"s", map[string]string{"event_id": "{" + got + "}"}},
	} {
		f := fields()
		maps.Copy(f, other.with)
		if id := seal.ID(other.stream, f); id == got || uuid.Validate(id) != nil {
			t.Errorf("%s: %s", name, id)
		}
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	sealed := fields()
	sealed["event_id"] = strings.ToUpper(seal.ID("s", sealed))
	replayed := maps.Clone(sealed)
	replayed["replay_count"] = "3"
	edited := maps.Clone(sealed)
	edited["order_id"] = "8"
	foreign := fields()
	foreign["event_id"] = uuid.NewString()
	for name, entry := range map[string]struct {
		stream string
		fields map[string]string
		broken bool
	}{
		"whole": {"s", sealed, false}, "replayed": {"s", replayed, false}, "edited": {"s", edited, true}, "of another stream": {"t", sealed, true},
		"without an id": {"s", fields(), false}, "with an id of its own": {"s", foreign, false},
	} {
		if got := seal.Broken(entry.stream, entry.fields); got != entry.broken {
			t.Errorf("%s: broken = %v", name, got)
		}
	}
}
