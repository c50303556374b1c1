package migrations_test

import (
	"slices"
	"sync"
	"testing"

	"mercato/migrations"
	"mercato/shared/event"
	"mercato/shared/platform/password"
	"mercato/shared/platform/pgtest"
)

func TestApplyTwice(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Owner(t) // migrated already
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			applied, err := migrations.Apply(t.Context(), db, pgtest.Password)
			if err != nil || len(applied) != 0 {
				t.Errorf("applied %v, %v; want nothing to do", applied, err)
			}
		})
	}
	wg.Wait()
}

func TestEverySchemaHasItsOwnVersionTable(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t).Owner(t)
	for _, schema := range migrations.Schemas() {
		var version int
		if err := db.QueryRow(t.Context(), `SELECT max(version_id) FROM `+schema+`.goose_db_version`).Scan(&version); err != nil || version < 1 {
			t.Errorf("%s is at version %d, %v", schema, version, err)
		}
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	for stage, want := range map[string]struct {
		users    []string
		products int
	}{
		"local": {[]string{"admin", "demo", "demo2"}, 8},
		"demo":  {[]string{"demo", "demo2"}, 8},
		"prod":  {nil, 0},
		"dev":   {nil, 0},
		"":      {nil, 0},
	} {
		t.Run("stage "+stage, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t).Owner(t)
			for range 2 { // the second finds everything there
				if err := migrations.Seed(t.Context(), db, stage); err != nil {
					t.Fatal(err)
				}
			}
			var users []string
			var hash string
			rows, err := db.Query(t.Context(), `SELECT u.username, u.password_hash FROM auth.users u ORDER BY u.username`)
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				var name string
				if err := rows.Scan(&name, &hash); err != nil {
					t.Fatal(err)
				}
				users = append(users, name)
				if !password.Matches(hash, "demotest") {
					t.Errorf("%s has another password", name)
				}
			}
			var products, events, off int
			err = db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM products.products), (SELECT count(*) FROM products.outbox o WHERE o.stream = $1),
				(SELECT count(*) FROM products.products p WHERE p.quantity <> (SELECT sum(l.delta) FROM products.stock_ledger l WHERE l.product_id = p.id))`,
				event.ProductsStream).Scan(&products, &events, &off)
			if err != nil || !slices.Equal(users, want.users) || products != want.products || events != want.products || off != 0 {
				t.Errorf("users %v, %d products, %d events, %d off their ledger, %v", users, products, events, off, err)
			}
		})
	}
}
