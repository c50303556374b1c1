-- What is pruned by its age is found by it: a BRIN index forgets the order of rows once their pages are used again.
-- +goose Up
DROP INDEX products.inbox_seen_at_idx;
CREATE INDEX inbox_seen_at_idx ON products.inbox (seen_at);
CREATE INDEX failures_seen_at_idx ON products.failures (seen_at);
