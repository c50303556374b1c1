package orders

import (
	"slices"
	"time"

	"mercato/shared/event"
	"mercato/shared/platform/money"
)

// Status is where an order stands.
type Status string

// The statuses.
const (
	Pending   Status = "PENDING"
	Completed Status = event.Completed
	Failed    Status = event.Failed
	Cancelled Status = "CANCELLED"
	Expired   Status = "EXPIRED"
)

// next is the whole transition table. Where two steps lead, one leads as well, so a batch may write where an
// order ends up. A trigger says the same in the database, to whoever writes past this table.
var next = map[Status][]Status{
	Pending:   {Completed, Failed, Cancelled, Expired},
	Completed: {Cancelled},
}

// May says whether an order that stands at s may move to another status.
func (s Status) May(to Status) bool { return slices.Contains(next[s], to) }

// Why an order was cancelled or has expired; why it failed is said by the answer.
const (
	ByBuyer  = "buyer"     // CANCELLED: he wished so
	Mismatch = "mismatch"  // CANCELLED: what products says of it cannot be
	NoAnswer = "no_answer" // EXPIRED
)

// Order is one purchase of one buyer, from any number of sellers.
type Order struct {
	ID         int64
	UserID     int64
	Username   string
	Status     Status
	Reason     string
	TotalPrice money.Amount
	ItemCount  int // lines
	CreatedAt  time.Time
	Deadline   time.Time // an order that is still PENDING then expires
	SettledAt  time.Time // when it left PENDING
	Lines      string    // digest of the lines, which the answer repeats; empty of very old orders
}

// Item is a line of an order, as it was when the order was placed.
type Item struct {
	ProductID int64
	SellerID  int64
	Name      string
	Price     money.Amount
	Quantity  int
}

// Moment is a line of an order's timeline.
type Moment struct {
	At     time.Time
	Status Status
	Reason string
}
