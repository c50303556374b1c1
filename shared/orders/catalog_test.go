package orders_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mercato/shared/event"
	"mercato/shared/platform/apitest"
	"mercato/shared/platform/stream"
)

// TestImpossibleAnswersHealNothing: only an answer that was waited for is believed about prices.
func TestImpossibleAnswersHealNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ids := b.bulk(t, 1, time.Hour)
	b.decide(t, completed(ids[0]))
	for _, id := range []int64{ids[0], 999_999} {
		forged := failed(id)
		forged.Changes = []event.ProductNow{{ProductID: laptop, Price: "0.01", Version: 7, Available: 5}}
		b.decide(t, forged)
	}
	if r := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`); r.TotalPrice != 99999 {
		t.Errorf("the price is %s now", r.TotalPrice)
	}
}

func TestRefusalHealsTheCatalogue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	b.decide(t, event.OrderDecided{
		Envelope: event.Envelope{OccurredAt: b.now(t)}, OrderID: id, Status: event.Failed, Reason: event.PriceChanged,
		Changes: []event.ProductNow{{ProductID: laptop, Price: "899.00", Version: 2, Available: 3}},
	})
	if r := b.place(t, `{"items":[{"product_id":1,"quantity":1,"price":"899.00"}]}`); r.TotalPrice != 89900 {
		t.Errorf("the next order costs %s", r.TotalPrice)
	}
}

// TestHealedCatalogueStillLearns: a refusal names neither the name nor the archiving of its version.
func TestHealedCatalogueStillLearns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	b.decide(t, event.OrderDecided{
		Envelope: event.Envelope{OccurredAt: b.now(t)}, OrderID: id, Status: event.Failed, Reason: event.ProductGone,
		Changes: []event.ProductNow{{ProductID: laptop, Price: "999.99", Version: 2, Available: 0}},
	})
	archived := product(laptop, 2, "999.99", b.seller.UserID)
	archived.Archived = true
	b.catalogue(t, archived)
	a := b.create.Do(t, apitest.Request{Body: `{"items":[{"product_id":1,"quantity":1}]}`, Cookie: b.cookie})
	if a.Status != 422 {
		t.Errorf("an order of an archived product: %d %s", a.Status, a.Body)
	}
}

func TestCataloguedKeepsTheHighestVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	two, three := product(laptop, 2, "2.00", b.seller.UserID), product(laptop, 3, "3.00", b.seller.UserID)
	b.apply(t, event.ProductsStream, three.Fields(), two.Fields(), three.Fields())
	b.catalogue(t, two)
	if r := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`); r.TotalPrice != 300 {
		t.Errorf("the price is %s, want that of version 3", r.TotalPrice)
	}
}

// listing is the catalogue's row of the laptop.
func (b bundle) listing(t testing.TB) string {
	t.Helper()
	return b.texts(t, `SELECT concat_ws(' ', c.name, c.price, c.quantity, c.version, c.archived) FROM orders.catalog c WHERE c.product_id = 1`)[0]
}

// now is the time by Postgres's clock.
func (b bundle) now(t testing.TB) (now time.Time) {
	t.Helper()
	if err := b.app.DB.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&now); err != nil {
		t.Fatal(err)
	}
	return now
}

// refusal refuses an order for what the laptop is at a moment.
func refusal(order int64, version int, at time.Time) event.OrderDecided {
	d := failed(order)
	d.Reason, d.OccurredAt = event.PriceChanged, at
	d.Changes = []event.ProductNow{{ProductID: laptop, Price: "899.00", Version: version, Available: 3}}
	return d
}

// forge puts a laptop into the catalogue that products never had, of the highest version and the latest time there are.
func (b bundle) forge(t testing.TB) {
	t.Helper()
	p := product(laptop, math.MaxInt32, "0.01", b.seller.UserID)
	p.Name, p.OccurredAt = "forged", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	b.catalogue(t, p)
}

// TestForgedVersion: what somebody has written into the stream lasts until products say anything of the product that is
// true of a later moment, however high its version.
func TestForgedVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := b.now(t)
	order := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
	b.forge(t)
	stale := product(laptop, 4, "4.00", b.seller.UserID)
	stale.OccurredAt = before
	b.catalogue(t, stale)
	if got, want := b.listing(t), "forged 0.01 10 2147483647 f"; got != want {
		t.Errorf("after an event from before: %s, want %s", got, want)
	}
	b.decide(t, refusal(order, 3, b.now(t)))
	if got, want := b.listing(t), "forged 899.00 3 2147483647 f"; got != want {
		t.Errorf("after a refusal: %s, want %s", got, want)
	}
	b.forge(t)
	edited := product(laptop, 3, "3.00", b.seller.UserID)
	edited.OccurredAt = b.now(t)
	b.catalogue(t, edited)
	if got, want := b.listing(t), "thing 3.00 10 3 f"; got != want {
		t.Errorf("after an edit or a rebuild: %s, want %s", got, want)
	}
	forgery := refusal(b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID, math.MaxInt32, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
	b.decide(t, forgery)
	edited.ID, edited.Version, edited.OccurredAt = uuid.NewString(), 4, b.now(t)
	b.catalogue(t, edited)
	if got, want := b.listing(t), "thing 3.00 10 4 f"; got != want {
		t.Errorf("after an edit that follows a forged refusal: %s, want %s", got, want)
	}
}

// TestForgedBeforeItIsRead: however late they are read, in one batch or in two, what products say after a forged entry has
// come replaces it.
func TestForgedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	hour := func(n int) time.Time { return time.Now().Add(time.Duration(n) * time.Hour) }
	for _, batches := range []int{1, 2} {
		t.Run(fmt.Sprint(batches), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			fake, edited := product(laptop, math.MaxInt32, "0.01", b.seller.UserID), product(laptop, 3, "3.00", b.seller.UserID)
			fake.OccurredAt, edited.OccurredAt = hour(1), hour(-2)
			b.readIn(t, batches, event.ProductsStream, entry(event.ProductsStream, hour(-3), fake.Fields()), entry(event.ProductsStream, hour(-2), edited.Fields()))
			if got, want := b.listing(t), "thing 3.00 10 3 f"; got != want {
				t.Errorf("events: %s, want %s", got, want)
			}
			first, second := b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID, b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID
			forgery, genuine := refusal(first, math.MaxInt32, hour(1)), refusal(second, 4, hour(-1))
			forgery.Changes[0].Price = "0.01"
			b.readIn(t, batches, event.InventoryStream,
				entry(event.InventoryStream, hour(-1).Add(-time.Minute), forgery.Fields()), entry(event.InventoryStream, hour(0), genuine.Fields()))
			if got, want := b.listing(t), "thing 899.00 3 3 f"; got != want {
				t.Errorf("refusals: %s, want %s", got, want)
			}
		})
	}
}

// readIn hands entries over in so many batches.
func (b bundle) readIn(t testing.TB, batches int, name string, entries ...stream.Entry) {
	t.Helper()
	for batch := range slices.Chunk(entries, len(entries)/batches) {
		b.read(t, name, batch...)
	}
}

// TestRefusalOvertakesAnEdit: it says what a product costs, and the edit what it is called; the later one of each wins.
func TestRefusalOvertakesAnEdit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := b.now(t)
	edited := product(laptop, 4, "4.00", b.seller.UserID)
	edited.Name, edited.Archived, edited.OccurredAt = "renamed", true, b.now(t)
	var ids []int64
	for range 3 {
		ids = append(ids, b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID)
	}
	b.decide(t, refusal(ids[0], 5, b.now(t)))
	stale := refusal(ids[1], 4, before)
	stale.Changes[0].Price = "1.00"
	b.decide(t, stale)
	b.catalogue(t, edited)
	if got, want := b.listing(t), "renamed 899.00 3 4 t"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	edited.ID, edited.Version, edited.OccurredAt = uuid.NewString(), 6, b.now(t)
	b.catalogue(t, edited)
	b.decide(t, refusal(ids[2], 5, before))
	if got, want := b.listing(t), "renamed 4.00 10 6 t"; got != want {
		t.Errorf("the next edit, and a refusal from before: got %s, want %s", got, want)
	}
}

// TestRefusalOfNothing: a product that there never was is not offered again.
func TestRefusalOfNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := refusal(b.place(t, `{"items":[{"product_id":1,"quantity":1}]}`).OrderID, 0, b.now(t))
	d.Reason, d.Changes = event.ProductGone, []event.ProductNow{{ProductID: laptop, Price: "0.00"}}
	b.decide(t, d)
	if got, want := b.listing(t), "thing 999.99 0 1 t"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRefusalOfOthers: an answer is believed about the products of its order, and only when it decides that order's lines.
func TestRefusalOfOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := b.listing(t)
	ids := b.bulk(t, 2, time.Hour) // of a pen each
	edited := refusal(ids[1], 7, b.now(t))
	edited.Lines = event.Digest([]event.OrderLine{{ProductID: laptop, Quantity: 1000}})
	b.decide(t, refusal(ids[0], 7, b.now(t)), edited)
	if got := b.listing(t); got != before {
		t.Errorf("the catalogue is %s, was %s", got, before)
	}
	if got := b.timeline(t, ids[1]); got != "PENDING ;CANCELLED mismatch;" {
		t.Errorf("an order whose lines were edited on the way: %s", got)
	}
	want := []string{fmt.Sprintf("answer_of_other_lines order:%d", ids[1])}
	if diff := cmp.Diff(want, b.texts(t, `SELECT action || ' ' || target FROM ops.audit`)); diff != "" {
		t.Error(diff)
	}
}
