package products_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"mercato/shared/event"
)

// BenchmarkReserve measures one worker: orders of 3 lines over 1,000 products.
func BenchmarkReserve(b *testing.B) {
	for _, size := range []int{1, 200} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := open(b)
			p := s.stock(b, 1000, 1_000_000)
			if _, err := s.DB.Exec(b.Context(), `ANALYZE products.products`); err != nil {
				b.Fatal(err)
			}
			worker := s.worker(b)
			random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same orders every time
			batch := make([]event.OrderPlaced, size)
			var id int64
			for b.Loop() {
				for i := range batch {
					id++
					k := random.IntN(len(p) - 2)
					batch[i] = order(id, p[k], 1, p[k+2], 1, p[k+1], 1)
				}
				if err := worker(b.Context(), batch...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(id)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}
