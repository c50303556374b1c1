package shared_test

import (
	"slices"
	"strings"
)

// A rule forbids imports, and says why.
type rule struct {
	name    string
	why     string
	forbids func(edge) bool
}

var rules = []rule{
	{
		"function", "a Lambda's main only joins one domain to the platform: what it decides elsewhere no test of the domain sees, and what it imports beside it every cold start pays for",
		func(e edge) bool {
			return isFunction(e.from) && !e.test && !functionMay(e)
		},
	},
	{
		"domain", "domains meet in events only: an import would let one's change break the other, and link both into every Lambda",
		func(e edge) bool {
			return e.local && isDomain(e.from) && isDomain(e.to) && domain(e.from) != domain(e.to)
		},
	},
	{
		"inward", "a domain knows its data and the platform, never what runs it: functions, the local stack and the migrations know it",
		func(e edge) bool {
			return e.local && isDomain(e.from) && !e.test && !below(e.to, "shared")
		},
	},
	{
		"granted", "a client that a domain imports is linked into all its Lambdas (SQS: 454 symbols in a read endpoint): the main alone grants it",
		func(e edge) bool {
			return e.local && isDomain(e.from) && !e.test && (below(e.to, "shared/platform/aws") || below(e.to, "shared/platform/function"))
		},
	},
	{
		"event", "an event is what two domains agree on: with the standard library alone it can be read, and kept, without either",
		func(e edge) bool {
			return below(e.from, "shared/event") && !e.test && (e.local && !below(e.to, "shared/event") || foreign(e))
		},
	},
	{
		"platform", "the platform has never heard of a marketplace: that keeps it small enough to trust, and every domain equal before it",
		func(e edge) bool {
			if !e.local || !below(e.from, "shared/platform") || below(e.to, "shared/platform") {
				return false
			}
			// Tests may bring up servers, but even they do without a domain.
			return below(e.to, "shared") || !e.test && !isSupport(e.from)
		},
	},
	{
		"lambda", "only platform/function knows that it runs in a Lambda: the archived proxy and the runtime can be replaced there",
		func(e edge) bool {
			return within(e.to, "github.com/aws/aws-lambda-go", "github.com/awslabs/aws-lambda-go-api-proxy") &&
				!e.test && !below(e.from, "shared/platform/function") && !beside(e.from)
		},
	},
	{
		"aws", "only platform/aws, and what provisions the local stack, import the SDK: anywhere else it would reach Lambdas that never call it",
		func(e edge) bool {
			return within(e.to, "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go") &&
				!e.test && !within(e.from, "shared/platform/aws", "localstack/provision")
		},
	},
	{
		"support", "what helps tests stays in tests: a Lambda that links it carries fixtures and a second way to do things",
		func(e edge) bool {
			return e.local && isSupport(e.to) && !e.test && !isSupport(e.from)
		},
	},
	{
		"migrations", "goose and every migration belong to db-migrate: another Lambda that links them carries them through each cold start",
		func(e edge) bool {
			return e.local && below(e.to, "migrations") && !e.test && !beside(e.from) &&
				!isSupport(e.from) && e.from != "functions" && e.from != "functions/db-migrate" && !below(e.from, "migrations")
		},
	},
}

// functionMay tells what a Lambda's main may import.
func functionMay(e edge) bool {
	if !e.local {
		return false
	}
	if below(e.to, "shared/platform/function") || below(e.to, "shared/platform/aws") {
		return true
	}
	own, _, _ := strings.Cut(strings.TrimPrefix(e.from, "functions/"), "-")
	if slices.Contains(withFunctions, own) {
		return e.to == "shared/"+own
	}
	// Nobody's domain: operations, or the platform at once.
	return e.to == "shared/ops" || below(e.to, "shared/platform") ||
		e.from == "functions/db-migrate" && below(e.to, "migrations")
}

// The domains that give their functions their first name.
var withFunctions = []string{"auth", "products", "orders", "live", "ops"}

// isFunction tells whether the package is a Lambda; functions itself only lists
// them.
func isFunction(name string) bool { return strings.HasPrefix(name, "functions/") }

// isDomain tells whether the package is part of a domain.
func isDomain(name string) bool {
	return strings.HasPrefix(name, "shared/") && !below(name, "shared/event") && !below(name, "shared/platform")
}

// domain returns the name of the domain that the package is part of.
func domain(name string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(name, "shared/"), "/")
	return first
}

// isSupport tells whether the package is there for tests: pgtest, apitest.
func isSupport(name string) bool {
	return below(name, "shared") && strings.HasSuffix(name, "test")
}

// beside tells whether the package never runs in AWS.
func beside(name string) bool { return below(name, "localstack") || below(name, "tools") }

// foreign tells whether the import is neither ours nor the standard library's:
// only hosts have a dot in the first part of the path.
func foreign(e edge) bool {
	first, _, _ := strings.Cut(e.to, "/")
	return !e.local && strings.Contains(first, ".")
}

func below(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

func within(name string, modules ...string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return below(name, m) })
}
