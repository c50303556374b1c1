package orders_test

import (
	"time"

	"mercato/shared/event"
	"mercato/shared/orders"
)

// A world is one order, and as much of both domains and of the way between them as decides what becomes of it. Worlds
// are compared: two that are equal have the same future.
type world struct {
	stands   orders.Status
	timeline string
	illegal  bool // it has left the transition table

	placed, answer mark   // what the inboxes know of the order's event and of its answer
	answered       string // what products answered, and for which lines
	lines          string
	recalls, heard int // how many OrderCancelled orders has written, and products has applied
	told, listened int // how many times products said that it has released the order, and orders heard it

	decided         bool // products' row in decisions
	left, held      int  // stock, and what the ledger says that the order holds
	taken, released int  // how often
	forged          [forgeries]bool
}

// mark is what an inbox says of an event.
type mark int

const (
	unseen mark = iota
	buried
	applied
)

const lines = 2 // pieces that the order asks for

// otherLines is the digest of lines that the order does not hold.
var otherLines = event.Digest([]event.OrderLine{{ProductID: 1, Quantity: 1000}})

// The forgeries: entries that somebody wrote into Redis by hand.
const (
	forgedCompleted = iota
	forgedLines
	forgedFailed
	forgedReleased
	forgedOrder
	forgedCancel
	forgeries
)

// fault says what must never be; empty when nothing is wrong.
func (w world) fault() string {
	switch {
	case w.illegal:
		return "it has left the transition table"
	case w.taken > 1:
		return "its stock was taken twice"
	case w.released > 1:
		return "its stock was given back twice"
	case w.held < 0 || w.left < 0:
		return "there is less than nothing"
	case w.heard > w.recalls:
		return "products heard of a cancellation that was not"
	}
	return ""
}

// rest says what is wrong with a world in which every event has arrived.
func (w world) rest() string {
	want := 0
	if w.stands == orders.Completed {
		want = lines
	}
	switch {
	case w.held != want:
		return "the stock held is not that of the order"
	case w.stands == orders.Pending:
		return "the order waits for ever"
	}
	return w.fault()
}

// follow does in memory what orders does with a verdict.
func (w world) follow(v orders.Verdict) world {
	if v.To != "" {
		w.illegal = w.illegal || !w.stands.May(v.To)
		w.stands = v.To
		w.timeline += " " + string(v.To)
	}
	if v.Recall {
		w.recalls++
	}
	return w
}

func (w world) order() orders.Order {
	return orders.Order{ID: 1, Status: w.stands, Lines: onePen, Deadline: past, SettledAt: past}
}

var past = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// hear is orders with an answer.
func (w world) hear(status, lines string) world {
	return w.follow(w.order().Answered(event.OrderDecided{OrderID: 1, Status: status, Lines: lines, Reason: reasonOf(orders.Status(status))}))
}

// decide is products with an entry of the orders' stream: the first one claims the order.
func (w world) decide(pieces int, digest string) world {
	if w.decided {
		return w
	}
	w.decided, w.answered = true, event.Failed
	if pieces <= w.left {
		w.left, w.held, w.taken = w.left-pieces, pieces, w.taken+1
		w.answered, w.lines = event.Completed, digest
	}
	return w
}

// giveBack is products with OrderCancelled: what the ledger says that the order holds, or a row that keeps it from ever
// being decided.
func (w world) giveBack() world {
	if !w.decided || w.held > 0 {
		w.told++
	}
	w.decided = true
	if w.held > 0 {
		w.left, w.held, w.released = w.left+w.held, 0, w.released+1
	}
	return w
}

// An act is one thing that may happen; it returns the same world when it cannot happen there.
type act struct {
	name string
	do   func(world) world
}

// deliver lets an event arrive for the first time, unless it is buried or has been applied.
func deliver(m func(*world) *mark, apply func(world) world) func(world) world {
	return func(w world) world {
		if *m(&w) != unseen {
			return w
		}
		*m(&w) = applied
		return apply(w)
	}
}

// bury makes a dead letter of an event that has not been applied.
func bury(m func(*world) *mark, there func(world) bool) func(world) world {
	return func(w world) world {
		if *m(&w) == unseen && there(w) {
			*m(&w) = buried
		}
		return w
	}
}

// replay sends a dead letter again; what was applied stays so.
func replay(m func(*world) *mark, apply func(world) world) func(world) world {
	return func(w world) world {
		if *m(&w) != buried {
			return w
		}
		*m(&w) = applied
		return apply(w)
	}
}

func forge(which int, apply func(world) world) func(world) world {
	return func(w world) world {
		if w.forged[which] {
			return w
		}
		w.forged[which] = true
		return apply(w)
	}
}
