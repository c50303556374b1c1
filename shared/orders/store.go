package orders

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/money"
)

// errReplayed ends a transaction whose idempotency key is taken.
var errReplayed = errors.New("the key has placed its order")

// askClaim queues the taking of an order id and of the key, if there is one. While another transaction
// holds the same key, the insert waits for its outcome.
func askClaim(b *pgx.Batch, o *Order, key string, hash []byte, claimed *bool) {
	scan := func(row pgx.Row) error {
		err := row.Scan(&o.ID, &o.CreatedAt)
		*claimed = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err //nolint:wrapcheck // Place says what it was doing
	}
	if key == "" {
		b.Queue(`SELECT nextval('orders.orders_id_seq'), now()`).QueryRow(scan)
		return
	}
	b.Queue(`SET LOCAL lock_timeout = '2s'`)
	b.Queue(`INSERT INTO orders.idempotency (user_id, key, body_hash, order_id)
		VALUES ($1, $2, $3, nextval('orders.orders_id_seq'))
		ON CONFLICT DO NOTHING RETURNING order_id, created_at`, o.UserID, key, hash).QueryRow(scan)
}

// inFlight turns a wait for a key that took too long into its answer.
func inFlight(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || e.Code != "55P03" { // lock_not_available
		return err
	}
	return errInFlight(err)
}

func errInFlight(err error) error {
	return &fault.Error{
		Kind: fault.Conflict, Code: "in_flight", RetryAfter: time.Second, Err: err,
		Message: "Another request with this Idempotency-Key is still at work.",
	}
}

func askCatalog(b *pgx.Batch, wishes []Wish, catalog *map[int64]Listing) {
	ids := make([]int64, len(wishes))
	for i, w := range wishes {
		ids[i] = w.ProductID
	}
	b.Queue(`SELECT c.product_id, c.seller_id, c.name, c.price, c.archived FROM orders.catalog c
		WHERE c.product_id = ANY($1)`, ids).Query(func(rows pgx.Rows) error {
		*catalog = map[int64]Listing{}
		var l Listing
		_, err := pgx.ForEachRow(rows, []any{&l.ProductID, &l.SellerID, &l.Name, &l.Price, &l.Archived}, func() error {
			(*catalog)[l.ProductID] = l
			return nil
		})
		return err //nolint:wrapcheck // Place says what it was doing
	})
}

func insertOrder(b *pgx.Batch, o Order, items []Item, correlation string) {
	b.Queue(`INSERT INTO orders.orders (id, user_id, username, status, total_price, item_count, created_at, deadline, lines)
		OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		o.ID, o.UserID, o.Username, string(o.Status), o.TotalPrice, o.ItemCount, o.CreatedAt, o.Deadline, o.Lines)
	var products, sellers []int64
	var names []string
	var prices []money.Amount
	var quantities []int
	for _, i := range items {
		products, sellers, names = append(products, i.ProductID), append(sellers, i.SellerID), append(names, i.Name)
		prices, quantities = append(prices, i.Price), append(quantities, i.Quantity)
	}
	b.Queue(`INSERT INTO orders.order_items (order_id, product_id, seller_id, name, price, quantity)
		SELECT $1, i.product_id, i.seller_id, i.name, i.price, i.quantity
		FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::numeric[], $6::int[]) i (product_id, seller_id, name, price, quantity)`,
		o.ID, products, sellers, names, prices, quantities)
	b.Queue(`INSERT INTO orders.order_events (order_id, status, correlation_id, at) VALUES ($1, $2, $3, $4)`,
		o.ID, string(o.Status), correlation, o.CreatedAt)
}

func orderByKey(ctx context.Context, db *pgxpool.Pool, buyer int64, key string, hash []byte) (o Order, same bool, err error) {
	err = db.QueryRow(ctx, `SELECT o.id, o.total_price, o.item_count, i.body_hash = $3
		FROM orders.idempotency i JOIN orders.orders o ON o.id = i.order_id
		WHERE i.user_id = $1 AND i.key = $2`, buyer, key, hash).Scan(&o.ID, &o.TotalPrice, &o.ItemCount, &same)
	if errors.Is(err, pgx.ErrNoRows) { // the key was forgotten in this moment: the next request places an order
		err = errInFlight(err)
	}
	o.Status = Pending // the answer is the one that was given then
	return o, same, err
}

const orderColumns = `o.id, o.user_id, o.username, o.status, o.reason, o.total_price, o.item_count, o.created_at`

func (o *Order) columns() []any {
	return []any{&o.ID, &o.UserID, &o.Username, &o.Status, &o.Reason, &o.TotalPrice, &o.ItemCount, &o.CreatedAt}
}

// details reads an order with all that belongs to it, as of one moment, in one round trip.
func details(ctx context.Context, db *pgxpool.Pool, id int64) (d Details, err error) {
	var b pgx.Batch
	b.Queue(`BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ`)
	b.Queue(`SELECT `+orderColumns+` FROM orders.orders o WHERE o.id = $1`, id).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, d.Order.columns(), func() error { return nil })
		return err //nolint:wrapcheck // Get says what it was doing
	})
	b.Queue(`SELECT i.product_id, i.seller_id, i.name, i.price, i.quantity FROM orders.order_items i
		WHERE i.order_id = $1 ORDER BY i.product_id`, id).Query(func(rows pgx.Rows) (err error) {
		d.Items, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Item])
		return err
	})
	b.Queue(`SELECT e.at, e.status, e.reason FROM orders.order_events e
		WHERE e.order_id = $1 ORDER BY e.id`, id).Query(func(rows pgx.Rows) (err error) {
		d.Timeline, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Moment])
		return err
	})
	b.Queue(`COMMIT`)
	err = db.SendBatch(ctx, &b).Close()
	if err == nil && d.Order.ID == 0 {
		return Details{}, errNoOrder
	}
	return d, err //nolint:wrapcheck // Get says what it was doing
}

func ordersOf(ctx context.Context, db *pgxpool.Pool, buyer int64, status Status, before int64, limit int) ([]Order, error) {
	rows, err := db.Query(ctx, `SELECT `+orderColumns+` FROM orders.orders o
		WHERE o.user_id = $1 AND o.id < $2 AND ($3 = '' OR o.status = $3) ORDER BY o.id DESC LIMIT $4`,
		buyer, before, string(status), limit)
	if err != nil {
		return nil, err //nolint:wrapcheck // List says what it was doing
	}
	var list []Order
	var o Order
	_, err = pgx.ForEachRow(rows, o.columns(), func() error { list = append(list, o); return nil })
	return list, err //nolint:wrapcheck // List says what it was doing
}

// salesOf reads a page of orders that hold lines of a seller, with those lines, in one statement.
func salesOf(ctx context.Context, db *pgxpool.Pool, seller int64, status Status, before int64, limit int) ([]Sale, error) {
	rows, err := db.Query(ctx, `WITH page AS (
			SELECT DISTINCT i.order_id FROM orders.order_items i JOIN orders.orders o ON o.id = i.order_id
			WHERE i.seller_id = $1 AND i.order_id < $2 AND ($3 = '' OR o.status = $3) ORDER BY i.order_id DESC LIMIT $4)
		SELECT o.id, o.status, o.created_at, o.username, i.product_id, i.seller_id, i.name, i.price, i.quantity
		FROM page p JOIN orders.orders o ON o.id = p.order_id
		JOIN orders.order_items i ON i.order_id = p.order_id AND i.seller_id = $1
		ORDER BY o.id DESC, i.product_id`, seller, before, string(status), limit)
	if err != nil {
		return nil, err //nolint:wrapcheck // Sales says what it was doing
	}
	var list []Sale
	var s Sale
	var i Item
	columns := []any{&s.OrderID, &s.Status, &s.CreatedAt, &s.Buyer, &i.ProductID, &i.SellerID, &i.Name, &i.Price, &i.Quantity}
	_, err = pgx.ForEachRow(rows, columns, func() error {
		if n := len(list); n == 0 || list[n-1].OrderID != s.OrderID {
			list = append(list, s)
		}
		last := &list[len(list)-1]
		line, _ := i.Price.Times(i.Quantity) // the order's total could hold it
		last.Items, last.TotalPrice = append(last.Items, i), last.TotalPrice+line
		return nil
	})
	return list, err //nolint:wrapcheck // Sales says what it was doing
}
