package products_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"mercato/shared/event"
	"mercato/shared/platform/stream"
	"mercato/shared/products"
)

// BenchmarkPoison drains 10,000 orders of 3 lines, clean and with 1 % that become dead letters by turns, 5 rounds of each,
// and reports how much of the clean rate is left (median). Malformed are orders that nobody can have sent, impossible
// those of a product that never was; failing are those whose transaction fails, which nothing but a fault of ours can
// do. The good ones are waited for: the others rest between their attempts.
func BenchmarkPoison(b *testing.B) {
	for kind, spoil := range map[string]func(*event.OrderPlaced){
		"malformed":  func(o *event.OrderPlaced) { o.Lines[1].Quantity = 0 },
		"impossible": func(o *event.OrderPlaced) { o.Lines[1].ProductID = 1 << 40 },
		"failing":    func(o *event.OrderPlaced) { o.OrderID += failing },
	} {
		b.Run(kind, func(b *testing.B) {
			s := open(b)
			p := s.stock(b, 1000, 1_000_000)
			if _, err := s.DB.Exec(b.Context(), failingOrders); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				var ratios, rates []float64
				for range 5 {
					clean := s.drain(b, p, func(*event.OrderPlaced) {}, 0)
					poisoned := s.drain(b, p, spoil, drained/100)
					ratios, rates = append(ratios, clean.Seconds()/poisoned.Seconds()), append(rates, drained/clean.Seconds())
				}
				slices.Sort(ratios)
				slices.Sort(rates)
				b.ReportMetric(ratios[2], "of-clean-rate")
				b.ReportMetric(rates[2], "clean-orders/s")
			}
		})
	}
}

const (
	drained = 10_000
	// failing is from which order on the decision cannot be written.
	failing       = 1_000_000
	failingOrders = `
		CREATE FUNCTION products.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'on purpose'; END $$;
		CREATE TRIGGER fail BEFORE INSERT ON products.decisions FOR EACH ROW WHEN (NEW.order_id > 1000000) EXECUTE FUNCTION products.fail()`
)

// drain returns how long it takes to decide the good ones of so many orders.
func (s *shop) drain(t testing.TB, p []int64, spoil func(*event.OrderPlaced), poison int) time.Duration {
	t.Helper()
	ctx := context.Background()
	if err := s.Redis.FlushDB(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	_, err := s.DB.Exec(ctx, `DELETE FROM products.stock_ledger l WHERE l.kind = 'reserve';
		TRUNCATE products.decisions, products.outbox, products.inbox, products.failures, ops.dead_letters`)
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]stream.Message, drained)
	for i := range messages {
		o := order(int64(i+1), p[i%998], 1, p[i%998+1], 1, p[i%998+2], 1)
		if poison > 0 && i%(drained/poison) == 50 {
			spoil(&o)
		}
		messages[i] = stream.Message{EventID: o.ID, Stream: event.OrdersStream, Fields: o.Fields()}
	}
	if err := stream.Append(ctx, s.Redis, messages); err != nil {
		t.Fatal(err)
	}
	run, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	consumer := products.Consume.Consumer(s.Env(t))
	begin := time.Now()
	go func() { done <- consumer.Run(run) }()
	s.await(t, func() bool { return s.count(t, `SELECT count(*) FROM products.decisions`) == drained-poison })
	took := time.Since(begin)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return took
}
