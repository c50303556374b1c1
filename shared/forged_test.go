package shared_test

import (
	"strings"
	"testing"
)

// TestRules forges one import for each rule and for each of its exceptions.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		test     bool
		broken   string // the rule, "" when it is allowed
	}{
		{from: "functions/orders-create", to: "mercato/shared/orders"},
		{from: "functions/orders-consume", to: "mercato/shared/platform/aws/sqs"},
		{from: "functions/orders-create", to: "mercato/shared/platform/function"},
		{from: "functions/orders-create", to: "mercato/shared/products", broken: "function"},
		{from: "functions/orders-create", to: "mercato/shared/platform/postgres", broken: "function"},
		{from: "functions/orders-create", to: "mercato/shared/ops", broken: "function"},
		{from: "functions/orders-create", to: "os", broken: "function"},
		{from: "functions/orders-create", to: "github.com/jackc/pgx/v5", broken: "function"},
		{from: "functions/outbox-relay", to: "mercato/shared/platform/outbox"},
		{from: "functions/health-ready", to: "mercato/shared/ops"},
		{from: "functions/health-ready", to: "mercato/shared/orders", broken: "function"},
		{from: "functions", to: "mercato/shared/orders"},

		{from: "shared/orders", to: "mercato/shared/event"},
		{from: "shared/orders", to: "mercato/shared/platform/postgres"},
		{from: "shared/orders", to: "mercato/shared/products", broken: "domain"},
		{from: "shared/orders", to: "mercato/shared/products", test: true, broken: "domain"},
		{from: "shared/orders", to: "mercato/functions", broken: "inward"},
		{from: "shared/orders", to: "mercato/localstack/gateway", broken: "inward"},
		{from: "shared/orders", to: "mercato/shared/platform/aws/sqs", broken: "granted"},
		{from: "shared/orders", to: "mercato/shared/platform/function", broken: "granted"},
		{from: "shared/orders", to: "mercato/shared/platform/function", test: true},

		{from: "shared/event", to: "encoding/json"},
		{from: "shared/event", to: "github.com/google/uuid", broken: "event"},
		{from: "shared/event", to: "mercato/shared/platform/money", broken: "event"},
		{from: "shared/event", to: "github.com/google/go-cmp/cmp", test: true},

		{from: "shared/platform/outbox", to: "mercato/shared/platform/stream"},
		{from: "shared/platform/outbox", to: "mercato/shared/event", broken: "platform"},
		{from: "shared/platform/outbox", to: "mercato/shared/orders", test: true, broken: "platform"},
		{from: "shared/platform/outbox", to: "mercato/localstack/servers", broken: "platform"},
		{from: "shared/platform/postgres/pgtest", to: "mercato/migrations"},

		{from: "shared/platform/function", to: "github.com/aws/aws-lambda-go/lambda"},
		{from: "shared/platform/api", to: "github.com/aws/aws-lambda-go/events", broken: "lambda"},
		{from: "shared/platform/api", to: "github.com/awslabs/aws-lambda-go-api-proxy/core", broken: "lambda"},
		{from: "localstack/gateway", to: "github.com/aws/aws-lambda-go/events"},

		{from: "shared/platform/aws/sqs", to: "github.com/aws/aws-sdk-go-v2/service/sqs"},
		{from: "shared/orders", to: "github.com/aws/aws-sdk-go-v2/service/sqs", broken: "aws"},
		{from: "shared/platform/session", to: "github.com/aws/smithy-go", broken: "aws"},
		{from: "localstack/sqs", to: "github.com/aws/aws-sdk-go-v2/service/sqs", broken: "aws"},
		{from: "localstack/provision", to: "github.com/aws/aws-sdk-go-v2/service/sqs"},
		{from: "localstack/sqs", to: "github.com/aws/aws-sdk-go-v2/service/sqs", test: true},

		{from: "shared/orders", to: "mercato/shared/platform/postgres/pgtest", broken: "support"},
		{from: "shared/orders", to: "mercato/shared/platform/postgres/pgtest", test: true},
		{from: "shared/platform/apitest", to: "mercato/shared/platform/postgres/pgtest"},

		{from: "functions/db-migrate", to: "mercato/migrations"},
		{from: "localstack", to: "mercato/migrations"},
		{from: "functions", to: "mercato/migrations"},
		{from: "shared", to: "mercato/migrations", broken: "migrations"},
	} {
		p := listed{ImportPath: module + c.from, Doc: "Package x is forged."}
		if c.test {
			p.XTestImports = []string{c.to}
		} else {
			p.Imports = []string{c.to}
		}
		check(t, p, c.broken)
	}
	check(t, listed{ImportPath: "mercato/shared/orders", GoFiles: []string{"order.go"}}, "documented")
	check(t, listed{ImportPath: "mercato/localstack/e2e"}, "") // tests only
}

// check fails unless exactly the named rule, or none, is broken by the package.
func check(t *testing.T, p listed, broken string) {
	t.Helper()
	found := violations([]listed{p})
	if broken == "" && len(found) > 0 {
		t.Errorf("%+v: want nothing, got %q", p, found)
	}
	if broken != "" && (len(found) != 1 || !strings.Contains(found[0], "\n\t"+broken+": ")) {
		t.Errorf("%+v: want rule %q alone, got %q", p, broken, found)
	}
}
