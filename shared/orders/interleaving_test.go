package orders_test

import (
	"slices"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/orders"
)

// acts are what may happen to an order in the two domains, each at any time. With forgeries, also what nobody of ours
// has written.
func acts(forgeries bool) []act {
	placed, answer := func(w *world) *mark { return &w.placed }, func(w *world) *mark { return &w.answer }
	create := func(w world) world { return w.decide(lines, onePen) }
	settle := func(w world) world { return w.hear(w.answered, w.lines) }
	given := func(w world) bool { return w.answered != "" }
	list := []act{
		{"created", deliver(placed, create)},
		{"duplicate", create}, // under another event id
		{"order buried", bury(placed, func(world) bool { return true })},
		{"order replayed", replay(placed, create)},
		{"answer", again(func(w world) bool { return given(w) && w.answer == unseen }, deliver(answer, settle))},
		{"late answer", again(func(w world) bool { return w.answer == applied }, settle)}, // its inbox row was pruned
		{"answer buried", bury(answer, given)},
		{"answer replayed", replay(answer, settle)},
		{"cancelled", func(w world) world {
			v, _ := w.order().Cancel(past, time.Hour) // too late is an answer to the buyer and does nothing
			return w.follow(v)
		}},
		{"expired", func(w world) world { return w.follow(w.order().Expire(past)) }},
		{"recall", again(func(w world) bool { return w.heard < w.recalls }, func(w world) world {
			w.heard++
			return w.giveBack()
		})},
		{"released", again(func(w world) bool { return w.listened < w.told }, func(w world) world {
			w.listened++
			return w.hear(event.Released, "")
		})},
		{"recall again", again(func(w world) bool { return w.heard > 0 }, func(w world) world { return w.giveBack() })},
	}
	if forgeries {
		list = append(list,
			act{"COMPLETED forged", forge(forgedCompleted, func(w world) world { return w.hear(event.Completed, "") })},
			act{"COMPLETED of other lines forged", forge(forgedLines, func(w world) world { return w.hear(event.Completed, otherLines) })},
			act{"FAILED forged", forge(forgedFailed, func(w world) world { return w.hear(event.Failed, "") })},
			act{"RELEASED forged", forge(forgedReleased, func(w world) world { return w.hear(event.Released, "") })},
			act{"cancellation forged", forge(forgedCancel, func(w world) world { return w.giveBack() })},
			act{"order of other lines forged", forge(forgedOrder, func(w world) world { return w.decide(lines+1, otherLines) })})
	}
	return list
}

// again does a thing wherever it can happen, however often.
func again(can func(world) bool, do func(world) world) func(world) world {
	return func(w world) world {
		if !can(w) {
			return w
		}
		return do(w)
	}
}

// drain lets everything arrive that is on its way: the relay sends until it is applied, and dead letters are replayed.
func drain(w world, list []act) world {
	for before := (world{}); w != before; {
		before = w
		for _, a := range list {
			switch a.name {
			case "created", "order replayed", "answer", "answer replayed", "recall", "released":
				w = a.do(w)
			}
		}
	}
	return w
}

// explorer walks through every schedule. It counts them, and looks at each world once for each depth left.
type explorer struct {
	acts   []act
	seen   map[visit]int
	worlds map[world]bool
}

type visit struct {
	world world
	depth int
}

// walk returns how many schedules of up to depth acts begin at w.
func (e *explorer) walk(t *testing.T, w world, depth int, path []string) int {
	t.Helper()
	at := visit{w, depth}
	if n, ok := e.seen[at]; ok {
		return n
	}
	e.worlds[w] = true
	if fault := w.fault(); fault != "" {
		t.Fatalf("%s after %q: %+v", fault, path, w)
	}
	if end := drain(w, e.acts); end.rest() != "" {
		t.Fatalf("%s in the end, after %q: %+v", end.rest(), path, end)
	}
	schedules := 1
	if depth > 0 {
		for _, a := range e.acts {
			schedules += e.walk(t, a.do(w), depth-1, append(slices.Clip(path), a.name))
		}
	}
	e.seen[at] = schedules
	return schedules
}

// TestInterleavings lets everything happen to an order in every order, up to eight things, and then lets what is on
// its way arrive: the stock held is that of the order if it stands as completed, and none otherwise.
func TestInterleavings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stock     int
		forgeries bool
	}{
		"in stock":                {lines, false},
		"out of stock":            {lines - 1, false},
		"in stock, forgeries":     {lines + 1, true},
		"last pieces, forgeries":  {lines, true},
		"out of stock, forgeries": {lines - 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := explorer{acts(c.forgeries), map[visit]int{}, map[world]bool{}}
			n := e.walk(t, world{stands: orders.Pending, left: c.stock}, 8, nil)
			ends := map[string]bool{}
			for w := range e.worlds {
				ends[w.timeline] = true
			}
			t.Logf("%d schedules through %d worlds; timelines %v", n, len(e.worlds), ends)
			for _, must := range []string{" CANCELLED", " EXPIRED", map[bool]string{true: " COMPLETED CANCELLED", false: " FAILED"}[c.stock >= lines]} {
				if !ends[must] {
					t.Errorf("no schedule went%s", must)
				}
			}
		})
	}
}
