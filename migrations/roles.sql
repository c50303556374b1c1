-- One login role for each domain and one for the relay, before any schema. Roles belong to the whole
-- server, so another database's migration may have made them a moment ago.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['auth', 'products', 'orders', 'ops', 'relay'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    FOREACH name IN ARRAY ARRAY['auth', 'products', 'orders', 'ops'] LOOP
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', name);
    END LOOP;
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
