package products_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mercato/shared/event"
	"mercato/shared/platform/session"
	"mercato/shared/products"
)

// TestStockMachine does what can be done to stock, in any order, and holds the database against a shop in Go.
func TestStockMachine(t *testing.T) {
	t.Parallel()
	s := open(t)
	m := machine{shop: s, seller: session.With(t.Context(), s.seller), service: products.Consume.Open(s.Env(t))}
	m.place, m.cancel = s.hands(t)
	steps := scaled(t, 14, 200)
	rapid.Check(t, func(rt *rapid.T) {
		m.begin(t)
		actions := map[string]func(*rapid.T){
			"reserve": m.reserve, "cancel": m.cancelSome, "edit": m.edit, "archive": m.archive, "duplicate": m.duplicate, "bury": m.bury, "replay": m.replay,
		}
		names := slices.Sorted(maps.Keys(actions))
		for range rapid.IntRange(1, steps).Draw(rt, "steps") {
			actions[rapid.SampledFrom(names).Draw(rt, "action")](rt)
			m.agree(t, rt)
		}
	})
	s.consistent(t)
}

// machine is the model of one run: products of its own, and what the orders of them hold.
type machine struct {
	*shop

	seller  context.Context //nolint:containedctx // of the whole test
	service *products.Service
	place   func(context.Context, ...event.OrderPlaced) error
	cancel  func(context.Context, ...event.OrderCancelled) error

	last     int64 // order id
	ids      []int64
	quantity map[int64]int
	archived map[int64]bool
	sent     []event.OrderPlaced         // in this run
	over     map[int64]bool              // orders that are decided or cancelled
	held     map[int64][]event.OrderLine // by order
	buried   map[string]int              // events, with their replay count
}

func (m *machine) begin(t *testing.T) {
	t.Helper()
	m.ids = m.stock(t, 3, 6)
	m.quantity, m.archived, m.sent = map[int64]int{}, map[int64]bool{}, nil
	for _, id := range m.ids {
		m.quantity[id] = 6
	}
	m.over, m.held, m.buried = map[int64]bool{}, map[int64][]event.OrderLine{}, map[string]int{}
}

func (m *machine) must(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func (m *machine) reserve(t *rapid.T) {
	var batch []event.OrderPlaced
	for range rapid.IntRange(1, 3).Draw(t, "orders") {
		batch = append(batch, m.draw(t))
	}
	m.deliver(t, batch)
}

func (m *machine) draw(t *rapid.T) event.OrderPlaced {
	m.last++
	var lined []int64
	for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom(m.ids), 1, 3, rapid.ID).Draw(t, "products") {
		lined = append(lined, id, rapid.Int64Range(1, 4).Draw(t, "quantity"))
	}
	o := order(m.last, lined...)
	m.sent = append(m.sent, o)
	return o
}

// deliver gives a batch to the worker and to the model.
func (m *machine) deliver(t *rapid.T, batch []event.OrderPlaced) {
	m.must(t, m.place(m.seller, batch...))
	for _, o := range batch {
		if at, lies := m.buried[o.ID]; lies && at >= o.Replays {
			continue
		}
		if !m.over[o.OrderID] {
			m.over[o.OrderID] = true
			m.sell(o)
		}
		delete(m.buried, o.ID) // decided, or found decided: nothing lies any more
	}
}

func (m *machine) sell(o event.OrderPlaced) {
	for _, l := range o.Lines {
		if m.archived[l.ProductID] || m.quantity[l.ProductID] < l.Quantity {
			return
		}
	}
	for _, l := range o.Lines {
		m.quantity[l.ProductID] -= l.Quantity
	}
	m.held[o.OrderID] = o.Lines
}

// any draws one of the orders that were sent; a new one when there is none yet.
func (m *machine) any(t *rapid.T) event.OrderPlaced {
	if len(m.sent) == 0 {
		return m.draw(t)
	}
	return rapid.SampledFrom(m.sent).Draw(t, "order")
}

func (m *machine) duplicate(t *rapid.T) {
	o := m.any(t)
	m.deliver(t, []event.OrderPlaced{o, m.draw(t), o})
}

// cancelSome takes back up to three orders, some twice, some before they come.
func (m *machine) cancelSome(t *rapid.T) {
	var batch []event.OrderCancelled
	for range rapid.IntRange(1, 3).Draw(t, "orders") {
		id := m.any(t).OrderID
		if rapid.Bool().Draw(t, "early") {
			id = m.draw(t).OrderID
		}
		batch = append(batch, cancellation(id))
	}
	m.must(t, m.cancel(m.seller, batch...))
	for _, c := range batch {
		m.over[c.OrderID] = true
		for _, l := range m.held[c.OrderID] {
			m.quantity[l.ProductID] += l.Quantity
		}
		delete(m.held, c.OrderID)
	}
}

func (m *machine) edit(t *rapid.T) {
	id, level := rapid.SampledFrom(m.ids).Draw(t, "product"), rapid.IntRange(0, 9).Draw(t, "level")
	_, err := m.service.Update(m.seller, id, products.Change{Quantity: &level}, nil)
	if gone := err != nil; gone != m.archived[id] {
		t.Fatalf("editing product %d: %v", id, err)
	}
	if err == nil {
		m.quantity[id] = level
	}
}

func (m *machine) archive(t *rapid.T) {
	id := m.ids[0] // one of three, or soon nothing would be for sale
	_, err := m.service.Archive(m.seller, id)
	if gone := err != nil; gone != m.archived[id] {
		t.Fatalf("archiving product %d: %v", id, err)
	}
	m.archived[id] = true
}

// bury buries a new order, as a consumer does when it fails.
func (m *machine) bury(t *rapid.T) {
	o := m.draw(t)
	o.Replays = rapid.IntRange(0, 2).Draw(t, "replays")
	m.shop.bury(t, o.Envelope, event.OrdersStream)
	m.buried[o.ID] = o.Replays
}

// replay sends an order again, as often as was drawn.
func (m *machine) replay(t *rapid.T) {
	o := m.any(t)
	o.Replays = rapid.IntRange(0, 4).Draw(t, "replays")
	m.deliver(t, []event.OrderPlaced{o})
}

// agree holds stock, ledger and letters against the model.
func (m *machine) agree(t *testing.T, rt *rapid.T) {
	t.Helper()
	var stock, ledger map[int64]int
	var dead []string
	if err := m.DB.QueryRow(t.Context(), `SELECT json_object_agg(p.id, p.quantity),
			json_object_agg(p.id, (SELECT sum(l.delta) FROM products.stock_ledger l WHERE l.product_id = p.id)),
			(SELECT coalesce(array_agg(i.event_id::text), '{}') FROM products.inbox i
				JOIN ops.dead_letters d ON d.event_id = i.event_id AND d.state = 'dead' WHERE i.event_id = ANY($2) AND i.buried IS NOT NULL)
		FROM products.products p WHERE p.id = ANY($1)`, m.ids, m.events()).Scan(&stock, &ledger, &dead); err != nil {
		rt.Fatal(err)
	}
	lies := slices.Sorted(maps.Keys(m.buried))
	if slices.Sort(dead); !maps.Equal(stock, m.quantity) || !maps.Equal(ledger, m.quantity) || !slices.Equal(dead, lies) {
		rt.Fatal(fmt.Sprintf("stock %v, ledger %v, model %v; buried %v, model %v", stock, ledger, m.quantity, dead, lies))
	}
}

func (m *machine) events() []string {
	ids := make([]string, len(m.sent))
	for i, o := range m.sent {
		ids[i] = o.ID
	}
	return ids
}
