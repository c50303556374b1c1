-- Stock that comes back, and what becomes of events that fail.
-- +goose Up
-- The order is what is claimed. That an event id is new proves nothing: whoever writes to the stream chooses it.
ALTER TABLE products.decisions DROP CONSTRAINT decisions_event_id_key;
CREATE INDEX decisions_event_id_idx ON products.decisions (event_id);

-- Every row is written while its product is locked, so the reference only cost a look for each row.
ALTER TABLE products.stock_ledger DROP CONSTRAINT stock_ledger_product_id_fkey;

-- With which replay count an event was buried as a dead letter; NULL when it was applied.
ALTER TABLE products.inbox ADD COLUMN buried integer CHECK (buried >= 0);
CREATE INDEX inbox_seen_at_idx ON products.inbox USING brin (seen_at);

-- How often an event has failed by itself; gone once it is applied or buried.
CREATE TABLE products.failures (
    event_id uuid        PRIMARY KEY,
    attempts integer     NOT NULL CHECK (attempts > 0),
    error    text        NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT now()
);

-- What this domain knows of an order, for whoever looks after the whole shop; NULL when it was never decided.
CREATE FUNCTION products.story(id bigint) RETURNS json
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$SELECT json_build_object(
        'event_id', d.event_id, 'decided_at', d.decided_at,
        'ledger', (SELECT coalesce(json_agg(json_build_object('at', l.at, 'product_id', l.product_id, 'kind', l.kind,
            'delta', l.delta) ORDER BY l.product_id, l.id), '[]') FROM products.stock_ledger l WHERE l.order_id = d.order_id),
        'outbox', (SELECT coalesce(json_agg(json_build_object('event_id', x.event_id, 'stream', x.stream, 'attempts', x.attempts,
            'due_at', x.due_at) ORDER BY x.created_at), '[]') FROM products.outbox x WHERE x.fields ->> 'order_id' = d.order_id::text))
    FROM products.decisions d WHERE d.order_id = story.id$$;
REVOKE ALL ON FUNCTION products.story(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.story(bigint) TO ops;

GRANT UPDATE (buried, seen_at) ON products.inbox TO products;
GRANT SELECT, INSERT, UPDATE, DELETE ON products.failures TO products;
