package migrations

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/event"
	"mercato/shared/platform/money"
	"mercato/shared/platform/outbox"
	"mercato/shared/platform/password"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/stream"
)

// demoPassword is every demo account's. It is public: the accounts exist on stages that show them.
const demoPassword = "demotest"

type account struct{ name, role string }

type listing struct {
	name, category, description string
	price                       money.Amount
	quantity                    int
}

// accounts lists the demo users of a stage; demo owns the products.
func accounts(stage string) []account {
	switch stage {
	case "local":
		return []account{{"demo", "USER"}, {"demo2", "USER"}, {"admin", "ADMIN"}}
	case "demo":
		return []account{{"demo", "USER"}, {"demo2", "USER"}}
	default:
		return nil
	}
}

func listings() []listing {
	return []listing{
		{"Laptop", "Electronics", "14-inch screen, 16 GB of memory.", 99999, 10},
		{"Smartphone", "Electronics", "Two days on one charge.", 59900, 25},
		{"Headphones", "Electronics", "Closed, with a cable that can be replaced.", 12950, 40},
		{"Coffee grinder", "Home", "Conical burrs, thirty settings.", 8900, 15},
		{"Desk lamp", "Home", "Warm to cold, dimmable.", 3490, 60},
		{"Running shoes", "Sports", "For road and gravel.", 11900, 30},
		{"Yoga mat", "Sports", "Natural rubber, 4 mm.", 2999, 80},
		{"Notebook", "Stationery", "Dotted, 192 pages, lies flat.", 1250, 200},
	}
}

// Seed makes the demo users of a stage and, with the first of them, the demo products. What is there
// already stays as it is.
func Seed(ctx context.Context, owner *pgxpool.Pool, stage string) error {
	return postgres.InTx(ctx, owner, func(tx pgx.Tx) error {
		for _, a := range accounts(stage) {
			id, err := seedUser(ctx, tx, a)
			if err != nil {
				return fmt.Errorf("seeding the user %s: %w", a.name, err)
			}
			if a.name != "demo" || id == 0 {
				continue
			}
			for _, l := range listings() {
				if err := seedProduct(ctx, tx, id, a.name, l); err != nil {
					return fmt.Errorf("seeding the product %s: %w", l.name, err)
				}
			}
		}
		return nil
	})
}

// seedUser returns the new user's id, 0 when his name or address was taken.
func seedUser(ctx context.Context, tx pgx.Tx, a account) (id int64, err error) {
	var there bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM auth.users u WHERE lower(u.username) = $1 OR lower(u.email) = $2)`,
		a.name, a.name+"@demo.com").Scan(&there)
	if err != nil || there {
		return 0, err //nolint:wrapcheck // Seed says which user
	}
	err = tx.QueryRow(ctx, `INSERT INTO auth.users (username, email, password_hash, role) VALUES ($1, $2, $3, $4) RETURNING id`,
		a.name, a.name+"@demo.com", password.Hash(demoPassword), a.role).Scan(&id)
	return id, err //nolint:wrapcheck // Seed says which user
}

func seedProduct(ctx context.Context, tx pgx.Tx, seller int64, name string, l listing) error {
	e := event.ProductChanged{
		Envelope: event.Envelope{UserID: seller, OccurredAt: time.Now()},
		Version:  1, Name: l.name, Price: l.price.String(), SellerID: seller, Quantity: l.quantity,
	}
	err := tx.QueryRow(ctx, `WITH p AS (
			INSERT INTO products.products (user_id, seller, name, description, category, price, quantity)
			VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id, quantity),
		l AS (INSERT INTO products.stock_ledger (product_id, kind, delta, reason) SELECT p.id, 'opening', p.quantity, 'demo' FROM p)
		SELECT p.id FROM p`, seller, name, l.name, l.description, l.category, l.price, l.quantity).Scan(&e.ProductID)
	if err != nil {
		return err //nolint:wrapcheck // Seed says which product
	}
	return outbox.Outbox{Schema: "products"}.PublishTx(ctx, tx, //nolint:wrapcheck // Seed says which product
		stream.NewMessage(event.ProductsStream, e.Fields()))
}
