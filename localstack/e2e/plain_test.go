package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
)

// plain is the loop that everybody would write first: one order, one transaction, a statement for every line.
type plain struct {
	db    *pgxpool.Pool
	redis *redis.Client
}

const (
	plainStream  = "plain_orders"
	plainAnswers = "plain_answers"
	plainGroup   = "plain"
)

// plainLoop decides as many orders as TestDrain queues, with tables and streams of its own on the stack's servers, and answers
// its rate.
func plainLoop(t *testing.T, s *stack, goods shop) (perSecond float64) {
	t.Helper()
	p := plain{s.owner(t), s.redis(t)}
	ctx := t.Context()
	if _, err := p.db.Exec(ctx, `CREATE SCHEMA plain;
		CREATE TABLE plain.products (id bigint PRIMARY KEY, quantity integer NOT NULL CHECK (quantity >= 0));
		CREATE TABLE plain.answers (order_id bigint PRIMARY KEY, status text NOT NULL, decided_at timestamptz NOT NULL DEFAULT now())`); err != nil {
		t.Fatal(err)
	}
	for i, id := range goods.products {
		if _, err := p.db.Exec(ctx, `INSERT INTO plain.products VALUES ($1, $2)`, id, stockOf(i, queued)); err != nil {
			t.Fatal(err)
		}
	}
	p.queue(t, goods)
	for range queued {
		if err := p.turn(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, p.db, `SELECT count(*) FROM plain.answers WHERE status = 'COMPLETED'`); n == 0 || n == queued {
		t.Errorf("the plain loop completed %d of %d", n, queued)
	}
	return rate(t, p.db, `SELECT a.decided_at FROM plain.answers a`)
}

func (p plain) queue(t *testing.T, goods shop) {
	t.Helper()
	pipe := p.redis.Pipeline()
	pipe.XGroupCreateMkStream(t.Context(), plainStream, plainGroup, "0")
	for i := range queued {
		products, err := json.Marshal(goods.basket(i).Items)
		if err != nil {
			t.Fatal(err)
		}
		pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: plainStream, Values: []any{"order_id", i + 1, "products", products}})
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// turn decides one order.
func (p plain) turn(ctx context.Context) error {
	read, err := p.redis.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: plainGroup, Consumer: "one", Streams: []string{plainStream, ">"}, Count: 1, Block: time.Second,
	}).Result()
	if err != nil {
		return err
	}
	entry := read[0].Messages[0]
	order, _ := entry.Values["order_id"].(string)
	text, _ := entry.Values["products"].(string)
	var items []line
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		return err
	}
	status := "COMPLETED"
	err = p.decide(ctx, order, status, items)
	if errors.Is(err, errSoldOut) {
		status = "FAILED"
		err = p.decide(ctx, order, status, nil)
	}
	if err != nil {
		return err
	}
	if err := p.redis.XAdd(ctx, &redis.XAddArgs{Stream: plainAnswers, Values: []any{"order_id", order, "status", status}}).Err(); err != nil {
		return err
	}
	return p.redis.XAck(ctx, plainStream, plainGroup, entry.ID).Err()
}

var errSoldOut = errors.New("sold out")

func (p plain) decide(ctx context.Context, order, status string, items []line) error {
	id, err := strconv.ParseInt(order, 10, 64)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, p.db, func(tx pgx.Tx) error {
		for _, item := range items {
			tag, err := tx.Exec(ctx, `UPDATE plain.products SET quantity = quantity - $2 WHERE id = $1 AND quantity >= $2`, item.ProductID, item.Quantity)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				return errSoldOut
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO plain.answers (order_id, status) VALUES ($1, $2)`, id, status)
		return err
	})
}
