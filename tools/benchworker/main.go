// Command benchworker measures how fast products-consume drains a stream of queued orders, beside the loop that
// everybody would write first: one order, one transaction. Both run on one Postgres, with fsync on, and one Redis,
// in turns, so that whatever else the machine does hits both alike. It fails when the worker is not so many times
// faster as it must be.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"mercato/shared/platform/telemetry"
)

// cost is what draining took.
type cost struct {
	took             time.Duration
	worker, postgres time.Duration // of CPU
}

// drain empties a queue of orders.
type drain func(context.Context, scenario) (cost, error)

func main() {
	// An interrupt ends the servers, too.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := bench(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-worker:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context) error {
	orders := flag.Int("orders", 20_000, "orders in the queue")
	rounds := flag.Int("rounds", 5, "rounds of each")
	least := flag.Float64("min", 8, "fail when the median is less than so many times the plain loop")
	flag.Parse()

	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	telemetry.Setup(null, "products-consume", slog.LevelInfo.String()) // writing its log belongs to the work
	place, err := open(ctx)
	if err != nil {
		return err
	}
	defer place.close()
	fmt.Printf("bench-worker: %d queued orders, %d rounds, fsync %s\n", *orders, *rounds, place.fsync)
	var slow []error
	for _, s := range scenarios(*orders) {
		median, err := compare(ctx, place, s, *rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if median < *least {
			slow = append(slow, fmt.Errorf("%s: %.1f times, less than %.1f", s.name, median, *least))
		}
	}
	return errors.Join(slow...)
}

// compare alternates the two, prints each round, and returns the median of the rounds' ratios.
func compare(ctx context.Context, p *place, s scenario, rounds int) (median float64, err error) {
	fmt.Printf("\n%s\n%-8s %26s   %26s %7s\n%-8s %10s %15s   %10s %15s\n", s.name, "", "products-consume", "plain loop", "",
		"round", "orders/s", "CPU us/order", "orders/s", "CPU us/order")
	var ratios []float64
	for round := range rounds {
		var costs [2]cost
		for i, d := range []drain{p.consume, p.plain} {
			if costs[i], err = d(ctx, s); err != nil {
				return 0, err
			}
		}
		ratio := costs[1].took.Seconds() / costs[0].took.Seconds()
		ratios = append(ratios, ratio)
		fmt.Printf("%-8d %s   %s %6.1fx\n", round+1, costs[0].per(s.orders), costs[1].per(s.orders), ratio)
	}
	slices.Sort(ratios)
	median = ratios[len(ratios)/2]
	fmt.Printf("median %44s %19.1fx\n", "", median)
	return median, nil
}

// per is orders a second, and microseconds of CPU for each order: of the worker and of Postgres.
func (c cost) per(orders int) string {
	micro := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(orders) }
	return fmt.Sprintf("%10.0f %7.0f + %5.0f", float64(orders)/c.took.Seconds(), micro(c.worker), micro(c.postgres))
}
