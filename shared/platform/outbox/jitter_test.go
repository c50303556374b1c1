package outbox_test

import (
	"testing"
	"time"
)

// TestRelayJitters: what failed together does not come back together.
func TestRelayJitters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.met(t)
	b.write(t, "one", -time.Second, 20)
	b.look(t, b.relay(t, map[string]string{"OUTBOX_DUE": "1h", "OUTBOX_CAP": "1h", "RELAY_BATCH": "1"}))
	var minutes int
	if err := b.db.QueryRow(t.Context(), `SELECT count(DISTINCT extract(epoch FROM due_at - now())::int / 60) FROM orders.outbox WHERE attempts = 1`).Scan(&minutes); err != nil || minutes < 5 {
		t.Errorf("20 are due in %d different minutes of an hour (%v)", minutes, err)
	}
}
