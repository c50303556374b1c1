-- A claim that turns out to be impossible is taken back.
-- +goose Up
-- Takes back claims that the transaction of the caller has made. One that is committed stands for ever.
CREATE FUNCTION products.forfeit(orders bigint[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = ''
AS $$DELETE FROM products.decisions d WHERE d.order_id = ANY (orders) AND d.xmin = pg_current_xact_id()::xid$$;
REVOKE ALL ON FUNCTION products.forfeit(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION products.forfeit(bigint[]) TO products;
