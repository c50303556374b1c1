-- Dead letters: events that a domain could not apply. The row is the truth; a message in SQS only carries it.
-- +goose Up
CREATE TABLE ops.dead_letters (
    event_id     uuid        NOT NULL,
    reader       text        NOT NULL, -- the domain that could not apply it
    stream       text        NOT NULL,
    order_id     bigint,
    error_code   text        NOT NULL,
    error        text        NOT NULL,
    attempts     integer     NOT NULL CHECK (attempts >= 0), -- failures before the last burial
    replay_count integer     NOT NULL DEFAULT 0 CHECK (replay_count >= 0),
    sends        integer     NOT NULL DEFAULT 0 CHECK (sends >= 0), -- how often the last replay was sent
    state        text        NOT NULL DEFAULT 'dead' CHECK (state IN ('dead', 'replaying', 'parked', 'resolved', 'discarded')),
    due_at       timestamptz, -- when the schedule replays it, or sends a replay again that nobody has confirmed
    queued_at    timestamptz, -- when its message was sent; NULL while it still has to be
    first_seen   timestamptz NOT NULL DEFAULT now(),
    last_seen    timestamptz NOT NULL DEFAULT now(),
    envelope     json        NOT NULL CHECK (json_typeof(envelope) = 'object'), -- the entry's fields, as they were read
    PRIMARY KEY (event_id, reader),
    CHECK ((due_at IS NOT NULL) = (state IN ('dead', 'replaying')))
);
CREATE INDEX dead_letters_due_at_idx ON ops.dead_letters (due_at) WHERE state IN ('dead', 'replaying');
CREATE INDEX dead_letters_state_idx ON ops.dead_letters (state, first_seen, event_id, reader);
CREATE INDEX dead_letters_unsent_idx ON ops.dead_letters (first_seen) WHERE queued_at IS NULL;
CREATE INDEX dead_letters_order_id_idx ON ops.dead_letters (order_id) WHERE order_id IS NOT NULL;

-- Who did what to the shop's events by hand, and what the domains saw that cannot be. Rows are only added.
CREATE TABLE ops.audit (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now(),
    actor  text        NOT NULL, -- a user as user:ID, or a domain
    action text        NOT NULL,
    target text        NOT NULL,
    reason text        NOT NULL DEFAULT ''
);
CREATE INDEX audit_target_idx ON ops.audit (target);

-- How long the schedule waits before it replays, by the number of replays so far; NULL when it no longer does.
CREATE FUNCTION ops.patience(replays integer) RETURNS interval
    LANGUAGE sql IMMUTABLE SET search_path = ''
AS $$SELECT (ARRAY['1 minute', '10 minutes', '1 hour']::interval[])[replays + 1]$$;

-- Buries an event of the domain that calls: one row for each event and reader, however often it is buried. A copy
-- that comes later changes the row only when it is the replay that was asked for, or one beyond it, and nobody has
-- discarded it. Answers whether its message has still to be sent.
-- +goose StatementBegin
CREATE FUNCTION ops.bury(event_id uuid, stream text, order_id bigint, error_code text, error text,
        attempts integer, replay_count integer, envelope json) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    INSERT INTO ops.dead_letters (event_id, reader, stream, order_id, error_code, error, attempts, replay_count, state, due_at, envelope)
    VALUES (bury.event_id, session_user, bury.stream, bury.order_id, bury.error_code, bury.error, bury.attempts, bury.replay_count,
        CASE WHEN ops.patience(bury.replay_count) IS NULL THEN 'parked' ELSE 'dead' END,
        now() + ops.patience(bury.replay_count), bury.envelope)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        UPDATE ops.dead_letters d SET last_seen = now() WHERE d.event_id = bury.event_id AND d.reader = session_user;
        UPDATE ops.dead_letters d SET error_code = bury.error_code, error = bury.error, attempts = bury.attempts,
            replay_count = bury.replay_count, due_at = now() + ops.patience(bury.replay_count),
            state = CASE WHEN ops.patience(bury.replay_count) IS NULL THEN 'parked' ELSE 'dead' END
        WHERE d.event_id = bury.event_id AND d.reader = session_user
            AND d.state <> 'discarded' AND (d.replay_count < bury.replay_count OR d.replay_count = bury.replay_count AND d.state = 'replaying');
    END IF;
    RETURN (SELECT d.queued_at IS NULL FROM ops.dead_letters d WHERE d.event_id = bury.event_id AND d.reader = session_user);
END
$$;
-- +goose StatementEnd

-- Remembers that the messages of dead letters of the domain that calls were sent.
CREATE FUNCTION ops.queued(event_ids uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$WITH mine AS (SELECT d.event_id, d.reader FROM ops.dead_letters d
        WHERE d.event_id = ANY (event_ids) AND d.reader = session_user ORDER BY d.event_id FOR UPDATE)
    UPDATE ops.dead_letters d SET queued_at = now() FROM mine m WHERE d.event_id = m.event_id AND d.reader = m.reader$$;

-- Ends the dead letters of events that the domain that calls has applied after all.
CREATE FUNCTION ops.resolve(event_ids uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$WITH mine AS (SELECT d.event_id, d.reader FROM ops.dead_letters d
        WHERE d.event_id = ANY (event_ids) AND d.reader = session_user AND d.state <> 'resolved' ORDER BY d.event_id FOR UPDATE)
    UPDATE ops.dead_letters d SET state = 'resolved', due_at = NULL, last_seen = now()
    FROM mine m WHERE d.event_id = m.event_id AND d.reader = m.reader$$;

-- Writes down what the domain that calls has seen that cannot be.
CREATE FUNCTION ops.audit(action text, target text, reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$INSERT INTO ops.audit (actor, action, target, reason) VALUES (session_user, audit.action, audit.target, audit.reason)$$;

REVOKE ALL ON FUNCTION ops.patience(integer), ops.bury(uuid, text, bigint, text, text, integer, integer, json), ops.queued(uuid[]),
    ops.resolve(uuid[]), ops.audit(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.bury(uuid, text, bigint, text, text, integer, integer, json), ops.queued(uuid[]),
    ops.resolve(uuid[]), ops.audit(text, text, text) TO products, orders;

GRANT USAGE ON SCHEMA ops TO products, orders;
GRANT SELECT, UPDATE (state, due_at, replay_count, sends, queued_at) ON ops.dead_letters TO ops;
GRANT SELECT, INSERT ON ops.audit TO ops;
