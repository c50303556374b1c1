-- The catalogue forgets what a stream has made up: a version counts only against what was true when it was written.
-- +goose Up
ALTER TABLE orders.catalog
    ADD COLUMN price_version integer     NOT NULL DEFAULT 0 CHECK (price_version >= 0), -- of a refusal that told price and quantity; 0: none newer than version
    ADD COLUMN told_at       timestamptz NOT NULL DEFAULT '-infinity', -- when products said so of itself
    ADD COLUMN written_at    timestamptz NOT NULL DEFAULT now();       -- when it was last written here
