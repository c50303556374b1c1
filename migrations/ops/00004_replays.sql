-- How often an event was replayed is what its letter says, whatever an entry claims.
-- +goose Up
-- How often events of the domain that calls were replayed that claim to have been; who has no letter is not named. It
-- waits for a replay that is under way: what is sent is written down a moment later.
CREATE FUNCTION ops.replays(event_ids uuid[], claimed integer[]) RETURNS TABLE (id uuid, replays integer)
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$WITH mine AS (SELECT d.event_id, d.replay_count FROM ops.dead_letters d
        WHERE d.event_id = ANY (event_ids) AND d.reader = session_user ORDER BY d.event_id FOR SHARE),
    audited AS (INSERT INTO ops.audit (actor, action, target, reason)
        SELECT session_user, 'replay_unknown', c.id::text, format('an entry claims replay %s; there were %s', c.n, coalesce(m.replay_count, 0))
        FROM unnest(event_ids, claimed) c (id, n) LEFT JOIN mine m ON m.event_id = c.id WHERE c.n > coalesce(m.replay_count, 0))
    SELECT m.event_id, m.replay_count FROM mine m$$;
REVOKE ALL ON FUNCTION ops.replays(uuid[], integer[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.replays(uuid[], integer[]) TO products, orders;
