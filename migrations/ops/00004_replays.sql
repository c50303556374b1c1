-- How often an event was replayed is what its letter says, whatever an entry claims; a letter is read in part when it is
-- big; one that has ended is left alone; and a domain names the user who asked.
-- +goose Up
-- How often events of the domain that calls were replayed that claim to have been; who has no letter is not named. It
-- waits for a replay that is under way: what is sent is written down a moment later. A discard has taken the last replay
-- back, so its copy is one of what is buried; it is no news for the audit.
CREATE FUNCTION ops.replays(event_ids uuid[], claimed integer[]) RETURNS TABLE (id uuid, replays integer)
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$WITH mine AS (SELECT d.event_id, d.replay_count, d.state FROM ops.dead_letters d
        WHERE d.event_id = ANY (event_ids) AND d.reader = session_user ORDER BY d.event_id FOR SHARE),
    audited AS (INSERT INTO ops.audit (actor, action, target, reason)
        SELECT session_user, 'replay_unknown', c.id::text, format('an entry claims replay %s; there were %s', c.n, coalesce(m.replay_count, 0))
        FROM unnest(event_ids, claimed) c (id, n) LEFT JOIN mine m ON m.event_id = c.id
        WHERE c.n > coalesce(m.replay_count + (m.state = 'discarded')::integer, 0))
    SELECT m.event_id, m.replay_count FROM mine m$$;
REVOKE ALL ON FUNCTION ops.replays(uuid[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.replays(uuid[], integer[]) TO products, orders;

-- Buries an event of the domain that calls: one row for each event and reader, however often it is buried. A copy
-- that comes later changes how a letter stands only when it is the replay that was asked for, or one beyond it; any
-- other says when it was last seen. A letter that has ended is left as it is: it is kept from its end on. Answers whether its
-- message has still to be sent.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ops.bury(event_id uuid, stream text, order_id bigint, error_code text, error text,
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
        UPDATE ops.dead_letters d SET last_seen = now()
        WHERE d.event_id = bury.event_id AND d.reader = session_user AND d.state NOT IN ('resolved', 'discarded');
        UPDATE ops.dead_letters d SET error_code = bury.error_code, error = bury.error, attempts = bury.attempts,
            replay_count = bury.replay_count, due_at = now() + ops.patience(bury.replay_count),
            state = CASE WHEN ops.patience(bury.replay_count) IS NULL THEN 'parked' ELSE 'dead' END
        WHERE d.event_id = bury.event_id AND d.reader = session_user AND d.state NOT IN ('resolved', 'discarded')
            AND (d.replay_count < bury.replay_count OR d.replay_count = bury.replay_count AND d.state = 'replaying');
    END IF;
    RETURN (SELECT d.queued_at IS NULL FROM ops.dead_letters d WHERE d.event_id = bury.event_id AND d.reader = session_user);
END
$$;
-- +goose StatementEnd

-- The beginning of an envelope: 16 fields (none of ours has as many), names of 64 characters, values of 200. Whatever is
-- in it, it is 30 kB as JSON within JSON at the most. Of one that Postgres cannot read as text, nothing.
-- +goose StatementBegin
CREATE FUNCTION ops.excerpt(envelope json) RETURNS json
    LANGUAGE plpgsql IMMUTABLE SET search_path = ''
AS $$
BEGIN
    RETURN (SELECT coalesce(json_object_agg(left(f.name, 64), left(f.value, 200) ORDER BY f.place), '{}')
        FROM (SELECT e.name, e.value, e.place FROM json_each_text(excerpt.envelope) WITH ORDINALITY e (name, value, place)
            ORDER BY e.place LIMIT 16) f);
EXCEPTION WHEN data_exception THEN
    RETURN '{}';
END
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION ops.excerpt(json) FROM PUBLIC;

-- Written once, at the burial: a page of a hundred letters of megabytes is read without touching one of them. An order of a
-- hundred lines, the longest event of ours, is less than 16 KiB.
ALTER TABLE ops.dead_letters
    ADD COLUMN envelope_bytes integer NOT NULL GENERATED ALWAYS AS (octet_length(envelope::text)) STORED,
    ADD COLUMN excerpt json GENERATED ALWAYS AS (CASE WHEN octet_length(envelope::text) > 16384 THEN ops.excerpt(envelope) END) STORED;

-- Writes down what a user has done by hand, in the name of the domain that calls: it has asked who he is.
CREATE FUNCTION ops.audit_for(actor_user bigint, action text, target text, reason text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$INSERT INTO ops.audit (actor, action, target, reason)
    VALUES ('user:' || audit_for.actor_user, audit_for.action, audit_for.target, audit_for.reason)$$;
REVOKE ALL ON FUNCTION ops.audit_for(bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.audit_for(bigint, text, text, text) TO products, orders;
