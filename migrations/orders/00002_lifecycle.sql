-- Deadlines, cancellation, and what becomes of events that fail. The release before this one still runs for a while:
-- it names no deadline, and settles orders without saying when.
-- +goose Up
ALTER TABLE orders.orders
    ADD COLUMN lines      text, -- digest of the lines; an order from before this column has none
    ADD COLUMN deadline   timestamptz NOT NULL DEFAULT now() + interval '15 minutes',
    ADD COLUMN settled_at timestamptz, -- when it left PENDING
    DROP CONSTRAINT orders_check;
UPDATE orders.orders o SET settled_at = o.created_at WHERE o.status <> 'PENDING';
ALTER TABLE orders.orders
    ADD CONSTRAINT orders_reason_check CHECK (CASE status
        WHEN 'FAILED'    THEN reason IN ('out_of_stock', 'price_changed', 'product_gone')
        WHEN 'CANCELLED' THEN reason IN ('buyer', 'mismatch')
        WHEN 'EXPIRED'   THEN reason = 'no_answer'
        ELSE reason = '' END),
    ADD CONSTRAINT orders_settled_check CHECK (status <> 'PENDING' OR settled_at IS NULL);
CREATE INDEX orders_deadline_idx ON orders.orders (deadline) WHERE status = 'PENDING';
CREATE INDEX order_items_seller_idx ON orders.order_items (seller_id, order_id DESC);

-- The transition table once more, for whoever writes past the code.
-- +goose StatementBegin
CREATE FUNCTION orders.refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order % does not go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION orders.refuse_transition() FROM PUBLIC;
CREATE TRIGGER orders_transition BEFORE UPDATE OF status ON orders.orders FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND OLD.status <> 'PENDING' AND NOT (OLD.status = 'COMPLETED' AND NEW.status = 'CANCELLED'))
    EXECUTE FUNCTION orders.refuse_transition();

-- With which replay count an event was buried as a dead letter; NULL when it was applied.
ALTER TABLE orders.inbox ADD COLUMN buried integer CHECK (buried >= 0);
CREATE INDEX inbox_seen_at_idx ON orders.inbox USING brin (seen_at);
CREATE INDEX idempotency_created_at_idx ON orders.idempotency USING brin (created_at);

-- How often an event has failed by itself; gone once it is applied or buried.
CREATE TABLE orders.failures (
    event_id uuid        PRIMARY KEY,
    attempts integer     NOT NULL CHECK (attempts > 0),
    error    text        NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT now()
);

-- What this domain knows of an order, for whoever looks after the whole shop; NULL when there is none.
CREATE FUNCTION orders.story(id bigint) RETURNS json
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$SELECT json_build_object(
        'id', o.id, 'user_id', o.user_id, 'status', o.status, 'reason', o.reason, 'total_price', o.total_price::text,
        'created_at', o.created_at, 'deadline', o.deadline, 'settled_at', o.settled_at,
        'items', (SELECT coalesce(json_agg(json_build_object('product_id', i.product_id, 'seller_id', i.seller_id,
            'price', i.price::text, 'quantity', i.quantity) ORDER BY i.product_id), '[]') FROM orders.order_items i WHERE i.order_id = o.id),
        'timeline', (SELECT coalesce(json_agg(json_build_object('at', e.at, 'status', e.status, 'reason', e.reason,
            'correlation_id', e.correlation_id) ORDER BY e.id), '[]') FROM orders.order_events e WHERE e.order_id = o.id),
        'outbox', (SELECT coalesce(json_agg(json_build_object('event_id', x.event_id, 'stream', x.stream, 'attempts', x.attempts,
            'due_at', x.due_at) ORDER BY x.created_at), '[]') FROM orders.outbox x WHERE x.fields ->> 'order_id' = o.id::text))
    FROM orders.orders o WHERE o.id = story.id$$;
REVOKE ALL ON FUNCTION orders.story(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orders.story(bigint) TO ops;

GRANT UPDATE (settled_at) ON orders.orders TO orders;
GRANT UPDATE (buried, seen_at) ON orders.inbox TO orders;
GRANT SELECT, INSERT, UPDATE, DELETE ON orders.failures TO orders;
