// Package products owns what is for sale, its stock, and what was decided about each order. Its schema
// is products.
//
// A product is listed, changed and archived by its seller; it is never deleted, for orders refer to it:
//
//	Create ──► live ──► archived   left out of every list; only its seller still sees it
//	           └──┘ Update         every edit raises the version, and so does a sale
//
// Every change of stock is a row of the ledger, written in the transaction of the change: the sum of a
// product's rows is its quantity, always. What became of an order here is read from decisions and the ledger:
//
//	         ┌─ OrderPlaced ────► taken ── OrderCancelled ──► given back
//	unknown ─┤      └───────────► refused
//	         └─ OrderCancelled ─► nothing will be taken
//
// Whichever event comes first claims the order, and all others find it claimed: they commute.
//
// Endpoints: products-public-list, products-public-get, products-list, products-my-home, products-get,
// products-create, products-update, products-delete, products-catalog-rebuild.
//
// Events in: orders_stream (take an order's stock, once, all of it or nothing), order_cancellations_stream (give it
// back, once, or never take it). Events out: inventory_stream (what became of the order, or that it holds nothing any
// more), products_stream (what a product is now).
package products
