// Package orders owns orders: what was bought, at which price, and how it went. Its schema is orders.
//
// An order is placed in one transaction with its event, answered at once, and decided by products,
// which owns the stock:
//
//	PENDING ─┬─► COMPLETED ─┐  the stock was taken
//	         ├─► FAILED     │  out_of_stock, price_changed or product_gone: nothing was taken
//	         ├─► EXPIRED    │  no_answer before the deadline
//	         └─► CANCELLED ◄┘  buyer: he wished so in time; mismatch: products' answer cannot be
//
// Whatever becomes of an order but COMPLETED and FAILED is told to products in the same transaction, and so is an
// answer that cannot be: products then gives back what it took, or will take nothing. Its delivery is certain, so
// nothing waits for the answer (RELEASED); an order that stands all the same learns by it that the cancellation was forged.
//
// Events out: orders_stream, order_cancellations_stream. Events in: inventory_stream (the decision), products_stream
// (the catalogue that orders are priced from; it may lag, so products checks the price once more under the row's
// lock). Chores of the consumer: expiry, and forgetting old idempotency keys.
package orders
