package functions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"mercato/functions"
	"mercato/localstack/template"
	"mercato/shared/event"
	"mercato/shared/orders"
	"mercato/shared/platform"
	"mercato/shared/platform/api"
	"mercato/shared/products"
)

// realSides reads the five sides of this repository.
func realSides(t *testing.T) sides {
	t.Helper()
	s := sides{workers: map[string]platform.Spec{}, operations: map[string]string{}}
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mains {
		s.directories = append(s.directories, filepath.Dir(m))
	}
	for _, o := range functions.Endpoints() {
		s.endpoints = append(s.endpoints, o.Spec())
	}
	for _, w := range functions.Workers() {
		s.workers[w.Name] = w
	}
	for path, item := range api.Document(functions.Endpoints()).Paths {
		for method, o := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if o != nil {
				s.operations[o.OperationID] = method + " " + path
			}
		}
	}
	loaded, err := template.Load("../template.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.template = loaded.Functions
	if s.connections, err = strconv.Atoi(loaded.Parameters()["MaxConnections"]); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNoDrift(t *testing.T) {
	t.Parallel()
	for _, complaint := range drift(realSides(t)) {
		t.Error(complaint)
	}
}

// TestDriftIsSeen changes one side at a time.
func TestDriftIsSeen(t *testing.T) {
	t.Parallel()
	in := func(s sides, name string) *template.Function {
		i := slices.IndexFunc(s.template, func(f template.Function) bool { return f.Name == name })
		return &s.template[i]
	}
	for name, change := range map[string]func(s *sides){
		"directory removed":  func(s *sides) { s.directories = s.directories[1:] },
		"directory added":    func(s *sides) { s.directories = append(s.directories, "orders-steal") },
		"value removed":      func(s *sides) { s.endpoints = s.endpoints[1:] },
		"value renamed":      func(s *sides) { s.endpoints[0].Name = "auth-register" },
		"value rerouted":     func(s *sides) { s.endpoints[0].Path = "/api/auth/register" },
		"value needs more":   func(s *sides) { s.endpoints[0].Needs = append(s.endpoints[0].Needs, "redis") },
		"worker removed":     func(s *sides) { delete(s.workers, "outbox-relay") },
		"worker needs less":  func(s *sides) { s.workers["outbox-relay"] = platform.Spec{Name: "outbox-relay", Loops: true} },
		"operation removed":  func(s *sides) { delete(s.operations, "orders-get") },
		"operation rerouted": func(s *sides) { s.operations["orders-get"] = "GET /api/order/{id}" },
		"function removed":   func(s *sides) { s.template = s.template[1:] },
		"route removed":      func(s *sides) { in(*s, "orders-get").Routes = nil },
		"route added": func(s *sides) {
			f := in(*s, "orders-get")
			f.Routes = append(f.Routes, template.Route{Method: "GET", Path: "/api/o/{id}"})
		},
		"worker routed": func(s *sides) { in(*s, "outbox-relay").Routes = []template.Route{{Method: "GET", Path: "/relay"}} },
		"endpoint scheduled": func(s *sides) {
			in(*s, "orders-get").Schedules = []template.Schedule{{Name: "x", Expression: "rate(1 minute)"}}
		},
		"schedule removed":   func(s *sides) { in(*s, "orders-consume").Schedules = nil },
		"schedule slowed":    func(s *sides) { in(*s, "orders-consume").Schedules[0].Expression = "rate(1 hour)" },
		"time cut":           func(s *sides) { in(*s, "orders-consume").Timeout = 20 * time.Second },
		"concurrency gone":   func(s *sides) { in(*s, "orders-consume").Concurrency = 0 },
		"migration at night": func(s *sides) { in(*s, "db-migrate").Schedules = in(*s, "orders-consume").Schedules },
		"secret unnamed":     func(s *sides) { delete(in(*s, "auth-login").Environment, "SESSION_SECRET") },
		"queue unnamed":      func(s *sides) { delete(in(*s, "orders-consume").Environment, "ORDERS_DLQ_URL") },
		"queue changed": func(s *sides) {
			policies := in(*s, "orders-consume").Policies
			policies[len(policies)-1].Resources = []string{"OrdersParking.Arn"}
		},
		"policy removed": func(s *sides) { in(*s, "orders-get").Policies = nil },
		"policy widened": func(s *sides) {
			f := in(*s, "orders-get")
			f.Policies = append(f.Policies, template.Statement{Effect: "Allow", Actions: []string{"rds-db:connect"}, Resources: []string{"arn/auth"}})
		},
		"policy of a star": func(s *sides) {
			in(*s, "orders-get").Policies[0].Actions = []string{"rds-db:*"}
		},
		"task unscheduled": func(s *sides) { in(*s, "dlq-replay").Schedules = nil },
		"task slowed":      func(s *sides) { in(*s, "dlq-replay").Schedules[0].Expression = "rate(1 hour)" },
		"parking unnamed":  func(s *sides) { delete(in(*s, "dlq-replay").Environment, "ORDERS_PARKING_URL") },
		"queue for a reader": func(s *sides) {
			in(*s, "orders-get").Environment["ORDERS_DLQ_URL"] = ""
		},
		"queue of another": func(s *sides) {
			f := in(*s, "dlq-replay")
			f.Policies[len(f.Policies)-1].Resources = []string{"OrdersDlq.Arn"}
		},
		"queue purged": func(s *sides) {
			f := in(*s, "dlq-replay")
			f.Policies[len(f.Policies)-1].Actions = []string{"sqs:SendMessage", "sqs:PurgeQueue"}
		},
		"queue unread": func(s *sides) {
			f := in(*s, "dlq-replay")
			f.Policies[len(f.Policies)-1].Actions = []string{"sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}
		},
		"parking unread": func(s *sides) {
			f := in(*s, "dlq-replay")
			f.Policies[len(f.Policies)-1].Resources = []string{"OrdersDlq.Arn"}
			f.Policies = append(f.Policies, template.Statement{Effect: "Allow", Actions: []string{"sqs:SendMessage"}, Resources: []string{"OrdersParking.Arn"}})
		},
		"queue read by a sender": func(s *sides) {
			f := in(*s, "orders-consume")
			f.Policies[len(f.Policies)-1].Actions = []string{"sqs:SendMessage", "sqs:ReceiveMessage"}
		},
		"every queue": func(s *sides) {
			f := in(*s, "dlq-replay")
			f.Policies[len(f.Policies)-1].Resources = []string{"OrdersParking.Arn", "*"}
		},
		"cache of any name": func(s *sides) {
			redis(in(*s, "outbox-relay"), "arn:aws:elasticache:us-east-1:000000000000:*")
		},
		"cache of anybody":   func(s *sides) { redis(in(*s, "outbox-relay"), append(slices.Clone(cache), "*")...) },
		"cache without user": func(s *sides) { redis(in(*s, "outbox-relay"), cache[0]) },
		"variable unknown":   func(s *sides) { in(*s, "orders-get").Environment["DATABSE_URL"] = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := realSides(t)
			change(&s)
			if len(drift(s)) == 0 {
				t.Error("nobody noticed")
			}
		})
	}
}

// redis makes these what a function may connect to.
func redis(f *template.Function, arns ...string) {
	for i, p := range f.Policies {
		if slices.Contains(p.Actions, "elasticache:Connect") {
			f.Policies[i].Resources = arns
		}
	}
}

// TestMains holds every main to one statement: logic in a main is logic that no test reaches.
func TestMains(t *testing.T) {
	t.Parallel()
	for _, directory := range realSides(t).directories {
		path := filepath.Join(directory, "main.go")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n >= 15 {
			t.Errorf("%s has %d lines", path, n)
		}
		if !strings.HasPrefix(string(text), "// Command "+directory+" ") {
			t.Errorf("%s does not say what the command is", path)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && (f.Name.Name != "main" || len(f.Body.List) != 1) {
				t.Errorf("%s does more than run its value", path)
			}
		}
	}
}

// TestEveryReaderReads: the relay sends an event until every reader that event.Streams names has confirmed
// it, so one that is named and does not read would be sent to for ever; one that reads unnamed is not waited
// for.
func TestEveryReaderReads(t *testing.T) {
	t.Parallel()
	var named, reads []string
	for _, s := range event.Streams() {
		for _, reader := range s.Readers {
			named = append(named, s.Name+" by "+reader)
		}
		if _, err := os.Stat("../shared/event/testdata/" + s.Name + ".json"); err != nil {
			t.Errorf("no golden entry freezes %s: %v", s.Name, err)
		}
	}
	for _, r := range products.Consume.Reads {
		reads = append(reads, r.Stream+" by "+products.Consume.Group)
	}
	for _, r := range orders.Consume.Reads {
		reads = append(reads, r.Stream+" by "+orders.Consume.Group)
	}
	for _, complaint := range unequal("subscriptions", reads, named) {
		t.Error(complaint)
	}
}
