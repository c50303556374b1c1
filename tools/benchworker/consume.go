package main

import (
	"context"
	"fmt"
	"time"

	"mercato/shared/event"
	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/products"
)

// consume drains the queue by products-consume as its Lambda would run it: one, with its own role and two connections.
func (p *place) consume(ctx context.Context, s scenario) (c cost, err error) {
	if err := p.empty(ctx); err != nil {
		return c, err
	}
	if err := s.queue(ctx, p.redis, event.OrdersStream, products.Consume.Group); err != nil {
		return c, err
	}
	env, err := p.env()
	if err != nil {
		return c, err
	}
	defer env.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	consumer, ended := products.Consume.Consumer(env), make(chan error, 1)
	clock := p.start()
	go func() { ended <- consumer.Run(ctx) }()
	if err := p.drained(ctx, s.orders); err != nil {
		return c, err
	}
	c = clock()
	stop()
	if err := <-ended; err != nil {
		return c, err
	}
	return c, p.check(ctx, s, `SELECT count(*) FROM products.outbox o WHERE o.fields ->> 'status' = 'COMPLETED'`)
}

func (p *place) env() (*platform.Env, error) {
	address, err := p.roleURL()
	if err != nil {
		return nil, err
	}
	variables := map[string]string{
		"STAGE": "local", "DATABASE_URL": address, "DATABASE_PASSWORD": p.password, "REDIS_URL": p.servers.RedisURL(),
		"CONSUME_FOR": "10m", "CONSUME_BLOCK": "50ms", // the last read, which finds nothing, is soon over
	}
	noQueue := platform.Grant{Kind: "queue", Open: func(config.Config, string) any { return nil }} // nothing is buried here
	return platform.New(func(name string) (string, bool) { v, ok := variables[name]; return v, ok }, noQueue)
}

// drained answers when the group has read and acknowledged everything.
func (p *place) drained(ctx context.Context, orders int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // 20 times what it takes
	defer cancel()
	look := time.NewTicker(2 * time.Millisecond) // a thousandth of a round
	defer look.Stop()
	for range look.C {
		groups, err := p.redis.XInfoGroups(ctx, event.OrdersStream).Result()
		if err != nil {
			return err
		}
		if groups[0].EntriesRead == int64(orders) && groups[0].Pending == 0 {
			return nil
		}
	}
	return nil
}

// start begins to measure; the result ends it.
func (p *place) start() func() cost {
	postmaster, _ := p.servers.PIDs()
	began, own, server := time.Now(), ownCPU(), serverCPU(postmaster)
	return func() cost {
		took := time.Since(began)
		return cost{took, ownCPU() - own, serverCPU(postmaster) - server}
	}
}

// check holds a count of completed orders against the queue.
func (p *place) check(ctx context.Context, s scenario, query string) error {
	var n int
	if err := p.owner.QueryRow(context.WithoutCancel(ctx), query).Scan(&n); err != nil {
		return err
	}
	if n != s.orders {
		return fmt.Errorf("%d orders were completed, want %d", n, s.orders)
	}
	return nil
}
