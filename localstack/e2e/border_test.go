package e2e_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// logIn connects as a function of the domain does.
func logIn(t *testing.T, s *stack, role string) *pgx.Conn {
	t.Helper()
	needInside(t, s)
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	password, err := os.ReadFile(filepath.Join(s.home, "keys", "roles"))
	if err != nil {
		t.Fatal(err)
	}
	database, err := url.Parse(f.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	database.User = url.UserPassword(role, strings.TrimSpace(string(password)))
	conn, err := pgx.Connect(t.Context(), database.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func TestBorder_refused(t *testing.T) {
	t.Parallel()
	s := calm(t)
	for role, statements := range map[string][]string{
		"products": {
			`SELECT email FROM auth.users`, `UPDATE auth.users SET role = 'ADMIN'`, `SELECT id FROM auth.sessions`, `SELECT id FROM orders.orders`,
			`INSERT INTO orders.inbox (event_id) VALUES (gen_random_uuid())`, `SELECT event_id FROM orders.confirmed`, `SELECT * FROM orders.stats()`,
			`CREATE TABLE products.mine ()`, `CREATE TABLE public.mine ()`, `DELETE FROM products.decisions`, `UPDATE products.stock_ledger SET delta = 0`,
			`SET ROLE orders`, `DELETE FROM products.outbox`,
			`SELECT event_id FROM ops.dead_letters`, `INSERT INTO ops.audit (actor, action, target) VALUES ('user:1', '', '')`, `SELECT orders.story(1)`,
		},
		"orders": {`SELECT quantity FROM products.products`, `UPDATE products.products SET quantity = 0`, `UPDATE orders.order_events SET status = ''`, `SELECT email FROM auth.users`},
		"auth":   {`SELECT id FROM orders.orders`, `SELECT id FROM products.products`},
		"ops": {
			`SELECT id FROM orders.orders`, `SELECT event_id FROM orders.outbox`, `SELECT id FROM products.products`, `SELECT email FROM auth.users`,
			`INSERT INTO ops.dead_letters (event_id) VALUES (gen_random_uuid())`, `UPDATE ops.dead_letters SET envelope = '{}'`, `UPDATE ops.audit SET reason = ''`, `TRUNCATE ops.audit`,
		},
		"relay": {
			`SELECT id FROM orders.orders`, `SELECT event_id FROM orders.inbox`, `INSERT INTO orders.outbox (event_id, stream, fields, due_at) VALUES (gen_random_uuid(), '', '{}', now())`,
			`SELECT order_id FROM products.decisions`, `SELECT * FROM auth.session(gen_random_uuid())`,
		},
	} {
		conn := logIn(t, s, role)
		for _, statement := range statements {
			_, err := conn.Exec(t.Context(), statement)
			if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "42501" { // insufficient_privilege
				t.Errorf("%s: %s: %v", role, statement, err)
			}
		}
	}
}

// column reads one column of text.
func column(t *testing.T, s *stack, query string) []string {
	t.Helper()
	rows, err := s.owner(t).Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// TestBorder_privileges holds all that a role may do outside its own schema. Who needs more writes it down here.
func TestBorder_privileges(t *testing.T) {
	t.Parallel()
	s := calm(t)
	for _, c := range []struct {
		what, query string
		want        []string
	}{
		{
			"roles that may log in", `SELECT r.rolname || CASE WHEN r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolbypassrls OR r.rolreplication
			THEN ' with special rights' ELSE '' END FROM pg_roles r WHERE r.rolcanlogin AND r.rolname <> current_user`,
			[]string{"auth", "ops", "orders", "products", "relay"},
		},
		{"members of other roles", `SELECT m.member::regrole || ' in ' || m.roleid::regrole FROM pg_auth_members m WHERE m.member::regrole::text NOT LIKE 'pg_%'`, nil},
		{
			"schemas", strangers + `SELECT r.name || ' ' || p.name || ' ' || n.nspname FROM roles r, own n, (VALUES ('USAGE'), ('CREATE')) p (name)
			WHERE has_schema_privilege(r.name, n.oid, p.name) AND r.name || p.name <> n.nspname || 'USAGE'`,
			[]string{
				"ops USAGE auth", "ops USAGE orders", "ops USAGE products", "orders USAGE auth", "orders USAGE ops", "products USAGE auth", "products USAGE ops",
				"relay USAGE orders", "relay USAGE products",
			},
		},
		{
			"tables and views", strangers + `SELECT r.name || ' ' || p.name || ' ' || n.nspname || '.' || c.relname
			FROM roles r, own n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'),
				(VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) p (name)
			WHERE r.name <> n.nspname AND (has_table_privilege(r.name, c.oid, p.name)
				OR p.name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(r.name, c.oid, p.name))`,
			[]string{
				"relay DELETE orders.outbox", "relay DELETE products.outbox", "relay SELECT orders.confirmed", "relay SELECT orders.outbox",
				"relay SELECT products.confirmed", "relay SELECT products.outbox", "relay UPDATE orders.outbox", "relay UPDATE products.outbox",
			},
		},
		{"sequences", strangers + `SELECT r.name || ' ' || n.nspname || '.' || c.relname FROM roles r, own n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'S'
			WHERE r.name <> n.nspname AND has_sequence_privilege(r.name, c.oid, 'USAGE, SELECT, UPDATE')`, nil},
		{"owners", strangers + `SELECT n.nspname || '.' || c.relname FROM own n JOIN pg_class c ON c.relnamespace = n.oid WHERE c.relowner <> current_user::regrole`, nil},
	} {
		if diff := cmp.Diff(c.want, column(t, s, c.query), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// strangers begins a query: every login role but the owner, and every schema that is not the system's.
const strangers = `WITH roles AS (SELECT r.rolname::text AS name FROM pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper),
	own AS (SELECT n.oid, n.nspname::text FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')
	`

// TestBorder_crossings lists what answers a question across a border. ARCHITECTURE.md has the same list.
func TestBorder_crossings(t *testing.T) {
	t.Parallel()
	s := calm(t)
	for _, c := range []struct {
		what, query string
		want        []string
	}{
		{
			"functions with their owner's rights", strangers + `SELECT n.nspname || '.' || f.proname FROM own n JOIN pg_proc f ON f.pronamespace = n.oid WHERE f.prosecdef`,
			[]string{
				"auth.session", "ops.audit", "ops.audit_for", "ops.bury", "ops.queued", "ops.replays", "ops.resolve",
				"orders.stats", "orders.story", "products.forfeit", "products.stats", "products.story",
			},
		},
		{"functions that trust the caller's search_path", strangers + `SELECT n.nspname || '.' || f.proname FROM own n JOIN pg_proc f ON f.pronamespace = n.oid
			WHERE f.prosecdef AND f.proconfig IS DISTINCT FROM ARRAY['search_path=""']`, nil},
		{
			"who may call them", strangers + `SELECT r.name || ' ' || n.nspname || '.' || f.proname FROM roles r, own n JOIN pg_proc f ON f.pronamespace = n.oid
			WHERE has_function_privilege(r.name, f.oid, 'EXECUTE')`,
			[]string{
				"auth auth.session", "ops auth.session", "ops orders.stats", "ops orders.story", "ops products.stats", "ops products.story",
				"orders auth.session", "orders ops.audit", "orders ops.audit_for", "orders ops.bury", "orders ops.queued", "orders ops.replays", "orders ops.resolve",
				"products auth.session", "products ops.audit", "products ops.audit_for", "products ops.bury", "products ops.queued", "products ops.replays", "products ops.resolve",
				"products products.forfeit",
			},
		},
		{"views on another schema", `SELECT v.view_schema || '.' || v.view_name FROM information_schema.view_table_usage v
			WHERE v.view_schema <> v.table_schema AND v.view_schema NOT IN ('pg_catalog', 'information_schema')`, nil},
		{"foreign keys into another schema", `SELECT c.conname::text FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
			WHERE c.contype = 'f' AND a.relnamespace <> b.relnamespace`, nil},
		{"triggers", `SELECT t.tgname::text FROM pg_trigger t WHERE NOT t.tgisinternal`, []string{"orders_transition"}},
	} {
		if diff := cmp.Diff(c.want, column(t, s, c.query), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}
