package outbox_test

import (
	"encoding/json"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"mercato/shared/platform/outbox"
)

// TestObject: whatever the fields hold, they come back as encoding/json would bring them.
func TestObject(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.MapOf(rapid.String(), rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,20}`))).Draw(t, "fields")
		blob, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var want, got map[string]string
		if err := json.Unmarshal(blob, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(outbox.Object(fields)), &got); err != nil || !maps.Equal(got, want) {
			t.Fatalf("got %s (%v), want %s", outbox.Object(fields), err, blob)
		}
	})
}
