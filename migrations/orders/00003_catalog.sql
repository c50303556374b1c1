-- What the catalogue says is dated by the moment at which it was true, so that no forged version lasts.
-- +goose Up
ALTER TABLE orders.catalog
    ADD COLUMN told_at       timestamptz NOT NULL DEFAULT '-infinity', -- when this was so, by products' own news
    ADD COLUMN price_told_at timestamptz NOT NULL DEFAULT '-infinity'; -- price and quantity, which a refusal tells too
