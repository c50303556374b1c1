package functions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// An endpoint that is no plain literal (a constructor call, a field of a map, a
// variable of another package) makes the linker keep its handler, and all that
// it calls, in every Lambda of the domain. Two that read show it.
func TestSymbols(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"products-get", "orders-get"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			domain, _, _ := strings.Cut(name, "-")
			handlers := handlersOf(t, domain)
			own := handlers[name]
			if own == "" {
				t.Fatalf("no endpoint %s with a handler (*Service).x in shared/%s", name, domain)
			}
			for _, complaint := range strangers(symbols(t, name), domain, own, handlers) {
				t.Error(complaint)
			}
		})
	}
}

// TestSymbols_queue: a client of SQS is in the functions that open a queue, and nowhere else.
func TestSymbols_queue(t *testing.T) {
	t.Parallel()
	all := realSides(t)
	needs := map[string][]string{}
	for _, e := range all.endpoints {
		needs[e.Name] = e.Needs
	}
	for name, w := range all.workers {
		needs[name] = w.Needs
	}
	for _, name := range all.directories {
		opens := slices.ContainsFunc(needs[name], func(need string) bool { return strings.HasPrefix(need, "queue:") })
		packages := goCommand(t, "list", "-tags", "lambda.norpc", "-deps", "./"+name)
		if links := strings.Contains(packages, "aws-sdk-go-v2/service/sqs\n"); links != opens {
			t.Errorf("%s links SQS: %v, opens a queue: %v", name, links, opens)
		}
	}
}

// symbols links the Lambda as make build does, but with its symbols, and lists
// them.
func symbols(t *testing.T, name string) []string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	goCommand(t, "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-o", binary, "./"+name)
	var found []string
	for line := range strings.Lines(goCommand(t, "tool", "nm", binary)) {
		// "  address T symbol"; a symbol of a generic function has spaces.
		if fields := strings.Fields(line); len(fields) >= 3 {
			found = append(found, strings.Join(fields[2:], " "))
		}
	}
	return found
}

// strangers says which symbols have no place in the Lambda whose handler is own.
func strangers(symbols []string, domain, own string, handlers map[string]string) []string {
	method := "mercato/shared/" + domain + ".(*Service)."
	foreign := make(map[string]string) // symbol of a handler to the endpoint it serves
	for endpoint, handler := range handlers {
		if handler != own {
			foreign[method+handler] = endpoint
		}
	}
	var found []string
	seen := false
	for _, symbol := range symbols {
		seen = seen || symbol == method+own
		if strings.Contains(symbol, "aws-sdk-go-v2/service/sqs") {
			found = append(found, "links SQS: "+symbol)
		}
		// The handler itself, or a function literal in it: .create.func1.
		for handler, endpoint := range foreign {
			if symbol == handler || strings.HasPrefix(symbol, handler+".") {
				found = append(found, "links the handler of "+endpoint+": "+symbol)
			}
		}
	}
	if !seen {
		found = append(found, "does not link its own handler "+method+own+": is the symbol still named so?")
	}
	return found
}

// handlersOf returns the handler of each endpoint of a domain, as its source
// says: "orders-get" to "get" for Name: "orders-get", Serve: (*Service).get.
func handlersOf(t *testing.T, domain string) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../shared/" + domain + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of the domain %s: %v", domain, err)
	}
	all := make(map[string]string)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(all, handlersIn(t, source))
	}
	return all
}

func handlersIn(t *testing.T, source []byte) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		var name, handler string
		for _, element := range literal.Elts {
			field, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			key, _ := field.Key.(*ast.Ident)
			switch value := field.Value.(type) {
			case *ast.BasicLit:
				if key != nil && key.Name == "Name" {
					name, _ = strconv.Unquote(value.Value)
				}
			case *ast.SelectorExpr: // (*Service).get
				if _, method := value.X.(*ast.ParenExpr); method && key != nil && key.Name == "Serve" {
					handler = value.Sel.Name
				}
			}
		}
		if name != "" && handler != "" {
			found[name] = handler
		}
		return true
	})
	return found
}

func TestHandlersIn(t *testing.T) {
	t.Parallel()
	got := handlersIn(t, []byte(`package orders

var Get = endpoint[GetRequest, GetResponse]{
	Name: "orders-get", Route: "GET /api/orders/{id}", Open: read, Serve: (*Service).get,
}

var Other = thing{Name: "orders-consume", Open: work}
`))
	if len(got) != 1 || got["orders-get"] != "get" {
		t.Errorf("got %v, want orders-get: get", got)
	}
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	const service = "mercato/shared/orders.(*Service)."
	handlers := map[string]string{"orders-get": "get", "orders-create": "create"}
	for name, c := range map[string]struct {
		symbols []string
		want    string
	}{
		"alone":          {[]string{service + "get", service + "getAll", service + "createdAt"}, ""},
		"SQS":            {[]string{service + "get", "github.com/aws/aws-sdk-go-v2/service/sqs.New"}, "links SQS"},
		"handler":        {[]string{service + "get", service + "create"}, "orders-create"},
		"literal inside": {[]string{service + "get", service + "create.func1"}, "orders-create"},
		"renamed":        {[]string{"main.main"}, "its own handler"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := strangers(c.symbols, "orders", "get", handlers)
			if got := strings.Join(found, "\n"); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
