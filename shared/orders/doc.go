// Package orders owns orders: what was bought, at which price, and how it went. Its schema is orders.
//
// An order is placed in one transaction with its event, answered at once, and decided by products,
// which owns the stock:
//
//	PENDING ──► COMPLETED   the stock was taken
//	        └─► FAILED      out_of_stock, price_changed or product_gone: nothing was taken
//
// Events out: orders_stream. Events in: inventory_stream (the decision), products_stream (the catalogue
// that orders are priced from; it may lag, so products checks the price once more under the row's lock).
package orders
