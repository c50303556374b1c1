package products_test

import (
	"context"
	"testing"

	"mercato/shared/event"
)

// bury does what a consumer does with an event that it cannot apply.
func (s *shop) bury(t interface {
	Helper()
	Fatal(args ...any)
	Context() context.Context
}, e event.Envelope, name string,
) {
	t.Helper()
	_, err := s.DB.Exec(t.Context(), `
		WITH mark AS (INSERT INTO products.inbox (event_id, buried) VALUES ($1, $2)
			ON CONFLICT (event_id) DO UPDATE SET buried = excluded.buried)
		INSERT INTO ops.dead_letters (event_id, reader, stream, error_code, error, attempts, replay_count, due_at, envelope)
		VALUES ($1, 'products', $3, 'failed', 'on purpose', 5, $2, now(), '{}')
		ON CONFLICT (event_id, reader) DO UPDATE SET replay_count = excluded.replay_count, state = 'dead'`, e.ID, e.Replays, name)
	if err != nil {
		t.Fatal(err)
	}
}

func (s *shop) letter(t testing.TB, e event.Envelope) (state string) {
	t.Helper()
	if err := s.DB.QueryRow(t.Context(), `SELECT d.state FROM ops.dead_letters d WHERE d.event_id = $1`, e.ID).Scan(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

// An order that lies buried is decided by its replay, not by a copy that comes late, and then its letter is over.
func TestReserveBuried(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	worker := s.worker(t)
	late := order(1, p[0], 1)
	replay := late
	replay.Replays = 1
	s.bury(t, late.Envelope, event.OrdersStream)
	before := s.snapshot(t)
	apply(t, worker, []event.OrderPlaced{late}, []event.OrderPlaced{late, late})
	if s.snapshot(t) != before {
		t.Error("a late copy of what lies buried changed something")
	}
	apply(t, worker, []event.OrderPlaced{late, order(2, p[0], 1), replay})
	if got := s.answers(t); len(got) != 2 || s.left(t, p[0]) != 8 || s.letter(t, late.Envelope) != "resolved" {
		t.Errorf("got %v with %d left, the letter is %s", got, s.left(t, p[0]), s.letter(t, late.Envelope))
	}
	if n := s.count(t, `SELECT count(*) FROM products.inbox i WHERE i.buried IS NOT NULL`); n != 0 {
		t.Errorf("%d marks left", n)
	}
	before = s.snapshot(t)
	apply(t, worker, []event.OrderPlaced{replay, late})
	if s.snapshot(t) != before {
		t.Error("a second replay changed something")
	}
	s.consistent(t)
}

// A replay that was buried again waits for one beyond it.
func TestReserveBuriedAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	o := order(1, p[0], 1)
	o.Replays = 2
	s.bury(t, o.Envelope, event.OrdersStream)
	for replays, want := range []int{10, 10, 10, 9} {
		o.Replays = replays
		if apply(t, s.worker(t), []event.OrderPlaced{o}); s.left(t, p[0]) != want {
			t.Errorf("replay %d: %d left, want %d", replays, s.left(t, p[0]), want)
		}
	}
}

// Of an order that lies buried, an event of another name is an order like any other.
func TestReserveBesideABuried(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	buried, other := order(1, p[0], 1), order(1, p[0], 2)
	s.bury(t, buried.Envelope, event.OrdersStream)
	apply(t, s.worker(t), []event.OrderPlaced{buried, other})
	if s.left(t, p[0]) != 8 || s.letter(t, buried.Envelope) != "dead" || s.answers(t)[1].InReplyTo != other.ID {
		t.Errorf("%d left, the letter is %s", s.left(t, p[0]), s.letter(t, buried.Envelope))
	}
	s.consistent(t)
}

// A replay that finds its order decided or cancelled ends its letter and changes nothing else.
func TestReserveReplayOfADecidedOrder(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	place, cancel := s.hands(t)
	decided, expired := order(1, p[0], 1), order(2, p[0], 1)
	apply(t, place, []event.OrderPlaced{order(1, p[0], 3)})
	apply(t, cancel, []event.OrderCancelled{cancellation(2)})
	for _, o := range []*event.OrderPlaced{&decided, &expired} {
		s.bury(t, o.Envelope, event.OrdersStream)
		o.Replays = 1
	}
	answered := len(s.answers(t))
	apply(t, place, []event.OrderPlaced{expired, decided, order(3, p[0], 1)})
	for _, o := range []event.OrderPlaced{decided, expired} {
		if s.letter(t, o.Envelope) != "resolved" || s.count(t, `SELECT count(*) FROM products.confirmed c WHERE c.event_id = $1`, o.ID) != 1 {
			t.Errorf("order %d: the letter is %s", o.OrderID, s.letter(t, o.Envelope))
		}
	}
	if s.left(t, p[0]) != 6 || len(s.answers(t)) != answered+1 {
		t.Errorf("%d left, %d answers", s.left(t, p[0]), len(s.answers(t)))
	}
	s.consistent(t)
}

// A cancellation that lies buried gives back nothing until it is replayed.
func TestReleaseBuried(t *testing.T) {
	t.Parallel()
	s := open(t)
	p := s.stock(t, 1, 10)
	place, cancel := s.hands(t)
	one, two := cancellation(1), cancellation(2)
	s.bury(t, one.Envelope, event.CancellationsStream)
	s.bury(t, two.Envelope, event.CancellationsStream)
	apply(t, place, []event.OrderPlaced{order(1, p[0], 4)})
	before := s.snapshot(t)
	apply(t, cancel, []event.OrderCancelled{one, two})
	if s.snapshot(t) != before {
		t.Error("a late copy of what lies buried changed something")
	}
	one.Replays, two.Replays = 1, 1
	apply(t, cancel, []event.OrderCancelled{two, one, cancellation(3)})
	apply(t, place, []event.OrderPlaced{order(2, p[0], 4)})
	if s.left(t, p[0]) != 10 || s.letter(t, one.Envelope) != "resolved" || s.letter(t, two.Envelope) != "resolved" {
		t.Errorf("%d left, the letters are %s and %s", s.left(t, p[0]), s.letter(t, one.Envelope), s.letter(t, two.Envelope))
	}
	s.consistent(t)
}
