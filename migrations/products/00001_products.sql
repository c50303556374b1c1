-- Products, their stock, and what was decided about each order.
-- +goose Up
CREATE TABLE products.products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint         NOT NULL,
    seller      text           NOT NULL,
    name        text           NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    description text           NOT NULL DEFAULT '' CHECK (length(description) <= 5000),
    category    text           NOT NULL CHECK (length(category) BETWEEN 1 AND 60),
    price       numeric(10, 2) NOT NULL CHECK (price BETWEEN 0.01 AND 999999.99),
    quantity    integer        NOT NULL CHECK (quantity >= 0),
    image_url   text,
    version     integer        NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at  timestamptz    NOT NULL DEFAULT now(),
    archived_at timestamptz
) WITH (fillfactor = 70); -- room on the page: a change of stock touches no index
CREATE INDEX products_user_id_idx ON products.products (user_id, id DESC);

-- Why the stock is what it is: sum(delta) of a product is its quantity, always. Rows are only added.
CREATE TABLE products.stock_ledger (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    product_id bigint      NOT NULL REFERENCES products.products,
    order_id   bigint,
    kind       text        NOT NULL CHECK (kind IN ('opening', 'reserve', 'release', 'adjust')),
    delta      integer     NOT NULL CHECK (kind = 'opening' OR delta <> 0),
    reason     text        NOT NULL DEFAULT '',
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product_id, id),
    CHECK ((order_id IS NOT NULL) = (kind IN ('reserve', 'release')))
);
-- The last line of defence: an order takes a product's stock once and gives it back once.
CREATE UNIQUE INDEX stock_ledger_order_key ON products.stock_ledger (order_id, product_id, kind) WHERE order_id IS NOT NULL;

-- One row for every order that was ever decided on, for ever. It is also the inbox row of the event
-- that claimed it, so that an order costs one insert instead of two.
CREATE TABLE products.decisions (
    order_id   bigint      PRIMARY KEY,
    event_id   uuid        NOT NULL UNIQUE,
    decided_at timestamptz NOT NULL DEFAULT now()
);

-- Events that found their order decided already.
CREATE TABLE products.inbox (
    event_id uuid        PRIMARY KEY,
    seen_at  timestamptz NOT NULL DEFAULT now()
);

-- What this domain has seen: the relay stops sending an event that is in here.
CREATE VIEW products.confirmed AS
    SELECT i.event_id FROM products.inbox i UNION ALL SELECT d.event_id FROM products.decisions d;

CREATE TABLE products.outbox (
    event_id   uuid        PRIMARY KEY,
    stream     text        NOT NULL,
    fields     json        NOT NULL,
    attempts   integer     NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_due_at_idx ON products.outbox (due_at);

-- How far behind is the outbox?
CREATE FUNCTION products.stats()
    RETURNS TABLE (outbox_rows bigint, outbox_age_seconds double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS 'SELECT count(*), coalesce(extract(epoch FROM now() - min(o.created_at)), 0)::double precision FROM products.outbox o';
REVOKE ALL ON FUNCTION products.stats() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.stats() TO ops;

GRANT USAGE ON SCHEMA products TO products, relay, ops;
GRANT SELECT, INSERT, UPDATE ON products.products TO products;
GRANT SELECT, INSERT ON products.stock_ledger, products.decisions TO products;
GRANT SELECT, INSERT, DELETE ON products.inbox TO products;
GRANT SELECT, INSERT ON products.outbox TO products;
GRANT SELECT, UPDATE, DELETE ON products.outbox TO relay;
GRANT SELECT ON products.confirmed TO relay;
