package functions_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mercato/localstack/template"
)

// reserved connections are for people with psql, the backups of RDS and a migration's second login.
const reserved = 20

func TestConnections(t *testing.T) {
	t.Parallel()
	s := realSides(t)
	used, complaints := connections(s)
	for _, complaint := range complaints {
		t.Error(complaint)
	}
	t.Logf("%d connections at most, with %d reserved, of %d", used, reserved, s.connections)
}

// connections adds up what the functions that open Postgres may hold at once, and says what stands against it.
func connections(s sides) (used int, complaints []string) {
	var list []string
	for _, f := range s.template {
		if !s.opensPostgres(f.Name) {
			continue
		}
		pool, err := strconv.Atoi(f.Environment["DATABASE_POOL"])
		if err != nil || pool < 1 || f.Concurrency < 1 {
			complaints = append(complaints, fmt.Sprintf("%s may hold any number of connections: concurrency %d, DATABASE_POOL %q",
				f.Name, f.Concurrency, f.Environment["DATABASE_POOL"]))
			continue
		}
		used += f.Concurrency * pool
		list = append(list, fmt.Sprintf("%4d %s", f.Concurrency*pool, f.Name))
	}
	if used+reserved > s.connections {
		slices.Sort(list)
		slices.Reverse(list)
		complaints = append(complaints, fmt.Sprintf("%d connections and %d reserved are more than MaxConnections, %d:\n%s",
			used, reserved, s.connections, strings.Join(list, "\n")))
	}
	return used, complaints
}

func (s sides) opensPostgres(name string) bool {
	needs := s.workers[name].Needs
	for _, e := range s.endpoints {
		if e.Name == name {
			needs = e.Needs
		}
	}
	return slices.ContainsFunc(needs, func(need string) bool { return strings.HasPrefix(need, "postgres:") })
}

// TestConnectionsAreCounted changes the template, and wants the one that did it named.
func TestConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		function string
		change   func(f *template.Function)
	}{
		"concurrency raised": {"orders-list", func(f *template.Function) { f.Concurrency = 380 }},
		"pool raised":        {"orders-create", func(f *template.Function) { f.Environment["DATABASE_POOL"] = "40" }},
		"no concurrency":     {"orders-list", func(f *template.Function) { f.Concurrency = 0 }},
		"no pool":            {"orders-list", func(f *template.Function) { delete(f.Environment, "DATABASE_POOL") }},
		"a worker's pool":    {"outbox-relay", func(f *template.Function) { f.Environment["DATABASE_POOL"] = "200" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := realSides(t)
			i := slices.IndexFunc(s.template, func(f template.Function) bool { return f.Name == c.function })
			c.change(&s.template[i])
			_, complaints := connections(s)
			if len(complaints) != 1 || !strings.Contains(complaints[0], c.function) {
				t.Errorf("want one complaint that names %s: %q", c.function, complaints)
			}
		})
	}
	t.Run("free of Postgres", func(t *testing.T) {
		t.Parallel()
		s := realSides(t)
		i := slices.IndexFunc(s.template, func(f template.Function) bool { return f.Name == "health" })
		s.template[i].Concurrency = 1000
		if _, complaints := connections(s); len(complaints) != 0 {
			t.Error(complaints)
		}
	})
}
