-- What is pruned by its age is found by it: a BRIN index forgets the order of rows once their pages are used again.
-- +goose Up
DROP INDEX orders.inbox_seen_at_idx, orders.idempotency_created_at_idx;
CREATE INDEX inbox_seen_at_idx ON orders.inbox (seen_at);
CREATE INDEX idempotency_created_at_idx ON orders.idempotency (created_at);
CREATE INDEX failures_seen_at_idx ON orders.failures (seen_at);
