package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"mercato/localstack/servers"
	"mercato/migrations"
)

// place is where both run: servers as `make dev` starts them, which is with fsync on, and an empty shop on them.
type place struct {
	state    string
	servers  *servers.Servers
	owner    *pgxpool.Pool
	redis    *redis.Client
	password string // of the domains' roles
	fsync    string
}

func open(ctx context.Context) (_ *place, err error) {
	p := &place{password: "bench"}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.state, err = os.MkdirTemp("", "mercato-bench-"); err != nil {
		return nil, err
	}
	say := func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) }
	p.servers, err = servers.Start(ctx, servers.Config{State: filepath.Join(p.state, "state"), Say: say, Changed: func() {}})
	if err != nil {
		return nil, err
	}
	if p.owner, err = pgxpool.New(ctx, p.servers.DatabaseURL()); err != nil {
		return nil, err
	}
	options, err := redis.ParseURL(p.servers.RedisURL())
	if err != nil {
		return nil, err
	}
	p.redis = redis.NewClient(options)
	if _, err := migrations.Apply(ctx, p.owner, p.password); err != nil {
		return nil, err
	}
	return p, p.prepare(ctx)
}

// prepare makes the plain loop's tables, and looks whether a commit is really written.
func (p *place) prepare(ctx context.Context) error {
	if _, err := p.owner.Exec(ctx, `CREATE SCHEMA plain;
		CREATE TABLE plain.products (id bigint PRIMARY KEY, quantity integer NOT NULL CHECK (quantity >= 0)) WITH (fillfactor = 70);
		CREATE TABLE plain.answers (order_id bigint PRIMARY KEY, status text NOT NULL)`); err != nil {
		return err
	}
	return p.owner.QueryRow(ctx, `SELECT current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit')`).Scan(&p.fsync)
}

// empty makes everything as it was before the first order, and leaves the servers nothing to catch up with.
func (p *place) empty(ctx context.Context) error {
	for _, statement := range []string{
		`TRUNCATE products.products, products.stock_ledger, products.decisions, products.inbox, products.outbox, plain.products, plain.answers RESTART IDENTITY`,
		fmt.Sprintf(`INSERT INTO products.products (user_id, seller, name, category, price, quantity)
			SELECT 1, 'anna', 'product ' || i, 'Things', 9.99, %d FROM generate_series(1, %d) i`, stock, kinds),
		fmt.Sprintf(`INSERT INTO plain.products SELECT i, %d FROM generate_series(1, %d) i`, stock, kinds),
		`VACUUM ANALYZE products.products`, `VACUUM ANALYZE plain.products`, `CHECKPOINT`,
	} {
		if _, err := p.owner.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return p.redis.FlushDB(ctx).Err()
}

// roleURL is the database's address for whoever logs in as a role.
func (p *place) roleURL() (string, error) {
	u, err := url.Parse(p.servers.DatabaseURL())
	if err != nil {
		return "", err
	}
	u.User = nil
	return u.String(), nil
}

func (p *place) close() {
	if p.owner != nil {
		p.owner.Close()
	}
	if p.redis != nil {
		_ = p.redis.Close()
	}
	if p.servers != nil {
		_ = p.servers.Stop()
		_ = servers.Wipe(filepath.Join(p.state, "state"))
	}
	_ = os.RemoveAll(p.state)
}
