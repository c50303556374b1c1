package products

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// columns are a Product's, in the order of its fields.
const columns = `p.id, p.user_id, p.seller, p.name, p.description, p.category, p.price, p.quantity,
	p.image_url, p.version, p.created_at, p.archived_at`

// page reads live products below an id that meet a condition, whose arguments begin at $3.
func page(ctx context.Context, db *pgxpool.Pool, before int64, limit int, condition string, args ...any) ([]Product, error) {
	rows, err := db.Query(ctx, `SELECT `+columns+` FROM products.products p
		WHERE p.id < $1 AND p.archived_at IS NULL AND `+condition+` ORDER BY p.id DESC LIMIT $2`,
		append([]any{before, limit}, args...)...)
	if err != nil {
		return nil, err //nolint:wrapcheck // the use case says what it was doing
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Product]) //nolint:wrapcheck // the use case says what it was doing
}

func product(ctx context.Context, db *pgxpool.Pool, id int64) (Product, error) {
	rows, err := db.Query(ctx, `SELECT `+columns+` FROM products.products p WHERE p.id = $1`, id)
	if err != nil {
		return Product{}, err //nolint:wrapcheck // the use case says what it was doing
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Product])
	if errors.Is(err, pgx.ErrNoRows) {
		return Product{}, errNoProduct
	}
	return p, err //nolint:wrapcheck // the use case says what it was doing
}

// askLocked queues the locking of a product; one that there is not leaves p as it was.
func askLocked(b *pgx.Batch, id int64, p *Product) {
	b.Queue(`SELECT `+columns+` FROM products.products p WHERE p.id = $1 FOR UPDATE`, id).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Product])
		if len(found) == 1 {
			*p = found[0]
		}
		return err
	})
}

// askInserted queues the insertion of a product and fills in what the table gives it.
func askInserted(b *pgx.Batch, p *Product) {
	b.Queue(`INSERT INTO products.products AS p (user_id, seller, name, description, category, price, quantity)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING p.id, p.version, p.created_at`,
		p.UserID, p.Seller, p.Name, p.Description, p.Category, p.Price, p.Quantity).QueryRow(func(row pgx.Row) error {
		return row.Scan(&p.ID, &p.Version, &p.CreatedAt)
	})
}

func updateProduct(b *pgx.Batch, p Product) {
	b.Queue(`UPDATE products.products p SET name = $2, description = $3, category = $4, price = $5, quantity = $6,
		version = $7, archived_at = $8 WHERE p.id = $1`,
		p.ID, p.Name, p.Description, p.Category, p.Price, p.Quantity, p.Version, p.ArchivedAt)
}

// insertLedger writes down why a product's stock is what it is.
func insertLedger(b *pgx.Batch, id int64, kind string, delta int) {
	b.Queue(`INSERT INTO products.stock_ledger (product_id, kind, delta) VALUES ($1, $2, $3)`, id, kind, delta)
}

// askAfter queues the reading of the next products behind an id, archived or not, and collects them. Nobody changes them
// meanwhile.
func askAfter(b *pgx.Batch, after int64, limit int, products *[]Product) {
	b.Queue(`SELECT `+columns+` FROM products.products p WHERE p.id > $1 ORDER BY p.id LIMIT $2 FOR SHARE`, after, limit).Query(func(rows pgx.Rows) (err error) {
		*products, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Product])
		return err
	})
}

// insertAudit writes down what a user did by hand.
func insertAudit(b *pgx.Batch, user int64, action, target, reason string) {
	b.Queue(`SELECT ops.audit_for($1, $2, $3, $4)`, user, action, target, reason)
}
