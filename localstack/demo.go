package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	price    = "19.99"
	stock    = 5
	measured = 50                   // orders; enough for a median, and its p99 is the slowest
	lookNow  = time.Millisecond     // between two looks at an order that is being timed
	lookIdle = 5 * time.Millisecond // and at one that is not
)

// demo plays the main story against a running stack and times it.
func demo(ctx context.Context) error {
	base, err := running(ctx)
	if err != nil {
		return err
	}
	fmt.Println("playing against", base)
	seller, err := signUp(ctx, base, "seller")
	if err != nil {
		return err
	}
	buyer, err := signUp(ctx, base, "buyer")
	if err != nil {
		return err
	}
	if err := tell(ctx, seller, buyer); err != nil {
		return err
	}
	return measure(ctx, seller, buyer)
}

// running answers the URL of the stack that is meant, once it has answered.
func running(ctx context.Context) (base string, err error) {
	if base, err = meant(); err != nil {
		return "", err
	}
	if _, _, err := get(ctx, base+"/health"); err != nil {
		return "", fmt.Errorf("no stack answers at %s: start one with make dev, or name it with BASE_URL or MERCATO_HOME", base)
	}
	return base, nil
}

func meant() (string, error) {
	if base := os.Getenv("BASE_URL"); base != "" {
		return strings.TrimRight(base, "/"), nil
	}
	home, err := findHome()
	if err != nil {
		return "", err
	}
	f, err := readStackFile(home)
	return f.BaseURL, err
}

// tell plays an order that is fulfilled and one that cannot be.
func tell(ctx context.Context, seller, buyer *shopper) error {
	product, err := seller.list(ctx, "Demo lamp", price, stock)
	if err != nil {
		return err
	}
	fmt.Printf("listed product %d: %d pieces at %s\n", product, stock, price)
	if err := expect(ctx, buyer, product, 2, "COMPLETED", ""); err != nil {
		return err
	}
	return expect(ctx, buyer, product, stock-1, "FAILED", "out_of_stock")
}

// expect orders, prints the timeline, and fails on another end than this.
func expect(ctx context.Context, buyer *shopper, product int64, quantity int, status, reason string) error {
	order, err := buyer.order(ctx, product, price, quantity)
	if err != nil {
		return err
	}
	got, err := buyer.decided(ctx, order, lookIdle)
	if err != nil {
		return err
	}
	fmt.Printf("order %d, quantity %d:\n", order, quantity)
	for _, step := range got.Timeline {
		after := round(step.At.Sub(got.Timeline[0].At))
		fmt.Printf("  %s  +%-8s %s %s\n", step.At.Local().Format("15:04:05.000"), after, step.Status, step.Reason)
	}
	if got.Order.Status != status || got.Order.Reason != reason {
		return fmt.Errorf("order %d ended as %s %s, not as %s %s", order, got.Order.Status, got.Order.Reason, status, reason)
	}
	return nil
}

// measure times orders that one client places one after the other.
func measure(ctx context.Context, seller, buyer *shopper) error {
	product, err := seller.list(ctx, "Demo bulb", price, measured+1)
	if err != nil {
		return err
	}
	if err := expect(ctx, buyer, product, 1, "COMPLETED", ""); err != nil { // by then the read model knows the product
		return err
	}
	var answers, completions []time.Duration
	for len(answers) < measured {
		began := time.Now()
		order, err := buyer.order(ctx, product, price, 1)
		if err != nil {
			return err
		}
		answers = append(answers, time.Since(began))
		got, err := buyer.decided(ctx, order, lookNow)
		if err != nil {
			return err
		}
		completions = append(completions, time.Since(began))
		if got.Order.Status != "COMPLETED" {
			return fmt.Errorf("order %d ended as %s %s", order, got.Order.Status, got.Order.Reason)
		}
	}
	fmt.Printf("%d orders by one client, one after the other:\n", len(answers))
	fmt.Printf("  answer to POST     p50 %-9s p99 %s\n", quantile(answers, 50), quantile(answers, 99))
	fmt.Printf("  POST to COMPLETED  p50 %-9s p99 %s\n", quantile(completions, 50), quantile(completions, 99))
	return nil
}

// quantile is the nearest rank: a value that was measured.
func quantile(values []time.Duration, percent int) time.Duration {
	slices.Sort(values)
	rank := (len(values)*percent + 99) / 100
	return round(values[rank-1])
}

// round keeps what a reader compares.
func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
