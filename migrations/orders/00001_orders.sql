-- Orders, their timeline, and the catalogue that they are priced from.
-- +goose Up
CREATE TABLE orders.orders (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint         NOT NULL,
    username    text           NOT NULL,
    status      text           NOT NULL CHECK (status IN ('PENDING', 'COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')),
    reason      text           NOT NULL DEFAULT '',
    total_price numeric(10, 2) NOT NULL CHECK (total_price > 0),
    item_count  integer        NOT NULL CHECK (item_count BETWEEN 1 AND 100),
    created_at  timestamptz    NOT NULL DEFAULT now(),
    CHECK ((status = 'FAILED') = (reason IN ('out_of_stock', 'price_changed', 'product_gone')))
);
CREATE INDEX orders_user_id_idx ON orders.orders (user_id, id DESC);

CREATE TABLE orders.order_items (
    order_id   bigint         NOT NULL REFERENCES orders.orders,
    product_id bigint         NOT NULL,
    seller_id  bigint         NOT NULL,
    name       text           NOT NULL,
    price      numeric(10, 2) NOT NULL CHECK (price > 0),
    quantity   integer        NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    PRIMARY KEY (order_id, product_id)
);

-- The timeline: a row for every status that an order has had. Rows are only added.
CREATE TABLE orders.order_events (
    id             bigint GENERATED ALWAYS AS IDENTITY,
    order_id       bigint      NOT NULL REFERENCES orders.orders,
    status         text        NOT NULL,
    reason         text        NOT NULL DEFAULT '',
    correlation_id text        NOT NULL DEFAULT '',
    at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, id)
);

-- Which order an Idempotency-Key made; written in the order's own transaction, so that a key without its
-- order, or the reverse, cannot be. The answer is made of what never changes in the order.
CREATE TABLE orders.idempotency (
    user_id    bigint      NOT NULL,
    key        text        NOT NULL CHECK (length(key) BETWEEN 16 AND 255),
    body_hash  bytea       NOT NULL,
    order_id   bigint      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);

-- What this domain knows of products: fed by products_stream, so it may lag; the price that counts is
-- checked once more by whoever owns the product.
CREATE TABLE orders.catalog (
    product_id bigint         PRIMARY KEY,
    version    integer        NOT NULL CHECK (version > 0),
    name       text           NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    price      numeric(10, 2) NOT NULL CHECK (price BETWEEN 0.01 AND 999999.99),
    seller_id  bigint         NOT NULL,
    quantity   integer        NOT NULL CHECK (quantity >= 0),
    archived   boolean        NOT NULL
);

CREATE TABLE orders.inbox (
    event_id uuid        PRIMARY KEY,
    seen_at  timestamptz NOT NULL DEFAULT now()
);

-- What this domain has seen: the relay stops sending an event that is in here.
CREATE VIEW orders.confirmed AS SELECT i.event_id FROM orders.inbox i;

CREATE TABLE orders.outbox (
    event_id   uuid        PRIMARY KEY,
    stream     text        NOT NULL,
    fields     json        NOT NULL,
    attempts   integer     NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_due_at_idx ON orders.outbox (due_at);

-- How far behind is the outbox?
CREATE FUNCTION orders.stats()
    RETURNS TABLE (outbox_rows bigint, outbox_age_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS 'SELECT count(*), coalesce(extract(epoch FROM now() - min(o.created_at)), 0)::double precision FROM orders.outbox o';
REVOKE ALL ON FUNCTION orders.stats() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.stats() TO ops;

GRANT USAGE ON SCHEMA orders TO orders, relay, ops;
GRANT SELECT, INSERT, UPDATE (status, reason) ON orders.orders TO orders;
GRANT SELECT, INSERT, UPDATE ON orders.catalog TO orders;
GRANT USAGE ON SEQUENCE orders.orders_id_seq TO orders;
GRANT SELECT, INSERT ON orders.order_items, orders.order_events TO orders;
GRANT SELECT, INSERT, DELETE ON orders.idempotency, orders.inbox TO orders;
GRANT SELECT, INSERT ON orders.outbox TO orders;
GRANT SELECT, UPDATE, DELETE ON orders.outbox TO relay;
GRANT SELECT ON orders.confirmed TO relay;
