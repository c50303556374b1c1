package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"mercato/shared/event"
)

const (
	plainStream  = "plain_orders"
	plainAnswers = "plain_answers"
	plainGroup   = "plain"
	plainBatch   = 200 // entries of one read: reading is not what is compared
)

var errSoldOut = errors.New("sold out")

// plain drains the queue with the loop that everybody would write first: an order is a transaction of its own (lock,
// decide, a statement for each line, the result), then it is answered and acknowledged. Nothing keeps it from doing
// an order twice, or from losing an answer.
func (p *place) plain(ctx context.Context, s scenario) (c cost, err error) {
	if err := p.empty(ctx); err != nil {
		return c, err
	}
	if err := s.queue(ctx, p.redis, plainStream, plainGroup); err != nil {
		return c, err
	}
	clock := p.start()
	for done := 0; done < s.orders; {
		read, err := p.redis.XReadGroup(ctx, &redis.XReadGroupArgs{
			Group: plainGroup, Consumer: "one", Streams: []string{plainStream, ">"}, Count: plainBatch, Block: -1,
		}).Result()
		if err != nil {
			return c, err
		}
		for _, entry := range read[0].Messages {
			if err := p.turn(ctx, entry); err != nil {
				return c, err
			}
		}
		done += len(read[0].Messages)
	}
	c = clock()
	return c, p.check(ctx, s, `SELECT count(*) FROM plain.answers a WHERE a.status = 'COMPLETED'`)
}

// turn decides one order.
func (p *place) turn(ctx context.Context, entry redis.XMessage) error {
	order, _ := entry.Values["order_id"].(string)
	text, _ := entry.Values["products"].(string)
	var basket []event.OrderLine
	if err := json.Unmarshal([]byte(text), &basket); err != nil {
		return err
	}
	id, err := strconv.ParseInt(order, 10, 64)
	if err != nil {
		return err
	}
	status := event.Completed
	err = p.decide(ctx, id, status, basket)
	if errors.Is(err, errSoldOut) {
		status = event.Failed
		err = p.decide(ctx, id, status, nil)
	}
	if err != nil {
		return err
	}
	if err := p.redis.XAdd(ctx, &redis.XAddArgs{Stream: plainAnswers, Values: []any{"order_id", order, "status", status}}).Err(); err != nil {
		return err
	}
	return p.redis.XAck(ctx, plainStream, plainGroup, entry.ID).Err()
}

func (p *place) decide(ctx context.Context, order int64, status string, basket []event.OrderLine) error {
	return pgx.BeginFunc(ctx, p.owner, func(tx pgx.Tx) error {
		left, err := lock(ctx, tx, basket)
		if err != nil {
			return err
		}
		for _, l := range basket {
			if left[l.ProductID] < l.Quantity {
				return errSoldOut
			}
		}
		for _, l := range basket {
			if _, err := tx.Exec(ctx, `UPDATE plain.products SET quantity = quantity - $2 WHERE id = $1`, l.ProductID, l.Quantity); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO plain.answers (order_id, status) VALUES ($1, $2)`, order, status)
		return err
	})
}

// lock returns what is left of the products of a basket.
func lock(ctx context.Context, tx pgx.Tx, basket []event.OrderLine) (map[int64]int, error) {
	left := map[int64]int{}
	if len(basket) == 0 {
		return left, nil
	}
	ids := make([]int64, len(basket))
	for i, l := range basket {
		ids[i] = l.ProductID
	}
	slices.Sort(ids)
	rows, err := tx.Query(ctx, `SELECT id, quantity FROM plain.products WHERE id = ANY($1) ORDER BY id FOR UPDATE`, ids)
	if err != nil {
		return nil, err
	}
	var id int64
	var quantity int
	_, err = pgx.ForEachRow(rows, []any{&id, &quantity}, func() error { left[id] = quantity; return nil })
	return left, err
}
