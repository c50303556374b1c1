package functions_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What a linked Lambda may weigh: the stack that all share makes 14 MB on
// amd64, and one AWS client adds not quite two. Bytes that grow past that came
// in by an import that nobody weighed.
const (
	budget    = 15_000_000
	budgetAWS = 17_000_000
)

// unwelcome are packages that no Lambda may link, not even through another
// package, and why.
var unwelcome = map[string]string{
	"text/template":                      "it calls methods by name, so the linker keeps every exported method (+10 to +24 MB)",
	"html/template":                      "it calls methods by name, so the linker keeps every exported method (+10 to +24 MB)",
	"net/http/pprof":                     "it brings in text/template",
	"github.com/go-playground/validator": "it calls methods by name, so the linker keeps every exported method",
	"github.com/getkin/kin-openapi":      "it adds 8 ms to every cold start",
}

func TestBudget(t *testing.T) {
	t.Parallel()
	if entries, err := os.ReadDir("../dist"); err != nil || len(entries) == 0 {
		const reason = "no binaries in dist/: run make build"
		if os.Getenv("CI") == "true" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	for name, deps := range linked(t) {
		info, err := os.Stat(filepath.Join("../dist", name))
		if err != nil {
			t.Errorf("%v: run make build", err)
			continue
		}
		if complaint := tooHeavy(info.Size(), deps); complaint != "" {
			t.Errorf("dist/%s: %s", name, complaint)
		}
	}
}

func TestLinked(t *testing.T) {
	t.Parallel()
	for name, deps := range linked(t) {
		if name == "db-migrate" {
			continue // goose writes its templates with text/template; nobody waits for a migration's cold start
		}
		for _, p := range uninvited(deps) {
			t.Errorf("functions/%s links %s", name, p)
		}
	}
}

// linked returns, for each Lambda, the import paths of all that it links.
func linked(t *testing.T) map[string][]string {
	t.Helper()
	out := goCommand(t, "list", "-tags", "lambda.norpc",
		"-f", `{{if eq .Name "main"}}{{.ImportPath}} {{join .Deps " "}}{{end}}`, "./...")
	found := make(map[string][]string)
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		found[strings.TrimPrefix(fields[0], "mercato/functions/")] = fields[1:]
	}
	if len(found) == 0 {
		t.Fatal("no Lambdas below functions/")
	}
	return found
}

// tooHeavy says by how much a binary of that size is over its budget, or "".
func tooHeavy(size int64, deps []string) string {
	limit := int64(budget)
	for _, dep := range deps {
		if isBelow(dep, "github.com/aws/aws-sdk-go-v2") {
			limit = budgetAWS
		}
	}
	if size <= limit {
		return ""
	}
	return fmt.Sprintf("%d bytes, %d over its budget", size, size-limit)
}

// uninvited returns those of the packages that no Lambda may link, with why.
func uninvited(deps []string) []string {
	var found []string
	for _, dep := range deps {
		for p, why := range unwelcome {
			if isBelow(dep, p) {
				found = append(found, dep+": "+why)
			}
		}
	}
	return found
}

func isBelow(importPath, module string) bool {
	return importPath == module || strings.HasPrefix(importPath, module+"/")
}

// goCommand runs the go command in this directory, as make build does, and
// returns its output.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

func TestTooHeavy(t *testing.T) {
	t.Parallel()
	aws := []string{"net/http", "github.com/aws/aws-sdk-go-v2/service/sqs"}
	for _, c := range []struct {
		size  int64
		deps  []string
		heavy bool
	}{
		{budget, nil, false},
		{budget + 1, []string{"github.com/aws/aws-lambda-go/lambda"}, true},
		{budget + 1, aws, false},
		{budgetAWS + 1, aws, true},
	} {
		if got := tooHeavy(c.size, c.deps); (got != "") != c.heavy {
			t.Errorf("tooHeavy(%d, %v) = %q", c.size, c.deps, got)
		}
	}
}

func TestUninvited(t *testing.T) {
	t.Parallel()
	deps := []string{"text/template/parse", "github.com/go-playground/validator/v10", "net/http"}
	if got := uninvited(deps); len(got) != 2 {
		t.Errorf("uninvited(%v) = %q, want the first two", deps, got)
	}
}
