package inbox_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mercato/shared/platform/inbox"
	"mercato/shared/platform/pgtest"
)

func TestQueue(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).As(t, "orders")
	take := func(ids ...string) (fresh []string) {
		t.Helper()
		var b pgx.Batch
		var events []inbox.Event
		for _, id := range ids {
			events = append(events, inbox.Event{ID: id})
		}
		inbox.Queue(&b, "orders", events).Query(func(rows pgx.Rows) (err error) {
			fresh, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		if err := db.SendBatch(t.Context(), &b).Close(); err != nil {
			t.Fatal(err)
		}
		return fresh
	}
	a, b, c := uuid.NewString(), uuid.NewString(), uuid.NewString()
	if got := take(a, b, a); len(got) != 2 || !slices.Contains(got, a) || !slices.Contains(got, b) {
		t.Errorf("first: %v", got)
	}
	if got := take(b, c); len(got) != 1 || got[0] != c {
		t.Errorf("second: %v, want %s alone", got, c)
	}
}
