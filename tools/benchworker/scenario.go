package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

const (
	kinds = 10_000    // products
	stock = 1_000_000 // of each, so that every order is served
	lines = 3
)

// scenario is a queue of orders.
type scenario struct {
	name   string
	orders int
	lines  func(random *rand.Rand) []event.OrderLine
}

func scenarios(orders int) []scenario {
	return []scenario{
		{fmt.Sprintf("%d lines of %d products", lines, kinds), orders, spread},
		{"one hot product", orders, func(*rand.Rand) []event.OrderLine { return []event.OrderLine{line(0)} }},
	}
}

func spread(random *rand.Rand) (basket []event.OrderLine) {
	first, stride := random.IntN(kinds), 1+random.IntN(kinds/lines-1) // no product twice
	for i := range lines {
		basket = append(basket, line((first+i*stride)%kinds))
	}
	return basket
}

func line(kind int) event.OrderLine {
	return event.OrderLine{ProductID: int64(kind + 1), Price: "9.99", Quantity: 1}
}

// queue writes the orders into a stream, the same in every round.
func (s scenario) queue(ctx context.Context, r *redis.Client, stream, group string) error {
	if err := r.XGroupCreateMkStream(ctx, stream, group, "0").Err(); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	const together = 1000                 // entries of one round trip
	for next := 0; next < s.orders; {
		pipe := r.Pipeline()
		for range min(together, s.orders-next) {
			next++
			o := event.OrderPlaced{OrderID: int64(next), Lines: s.lines(random)}
			o.ID, o.CorrelationID, o.UserID = uuid.NewString(), uuid.NewString(), 7
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: o.Fields()})
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
