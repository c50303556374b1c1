// Package shared_test holds the rules of the whole tree, and says why each is
// one: who may import whom, and how long a file and a function may be.
package shared_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "mercato/"

// A listed is one package as the go command lists it.
type listed struct {
	ImportPath   string
	Doc          string
	Imports      []string
	TestImports  []string
	XTestImports []string
	GoFiles      []string
}

// An edge is one import. A package of this module is named by its path below
// the module, any other by its import path.
type edge struct {
	from, to string
	local    bool // to is a package of this module
	test     bool // only a test needs it
}

// edges returns every import of the package, tests' imports once.
func (p listed) edges() []edge {
	var all []edge
	add := func(paths []string, test bool) {
		for _, path := range paths {
			to, local := strings.CutPrefix(path, module)
			e := edge{p.name(), to, local, test}
			if !slices.Contains(all, e) {
				all = append(all, e)
			}
		}
	}
	add(p.Imports, false)
	add(p.TestImports, true)
	add(p.XTestImports, true)
	return all
}

func (p listed) name() string { return strings.TrimPrefix(p.ImportPath, module) }

// violations returns a line for every import that a rule forbids and every
// package that does not say what it is.
func violations(packages []listed) []string {
	var found []string
	for _, p := range packages {
		if p.Doc == "" && len(p.GoFiles) > 0 {
			found = append(found, fmt.Sprintf("%s has no package comment\n\tdocumented: a reader learns from it what the package owns", p.name()))
		}
		for _, e := range p.edges() {
			for _, r := range rules {
				if r.forbids(e) {
					found = append(found, fmt.Sprintf("%s imports %s\n\t%s: %s", e.from, e.to, r.name, r.why))
				}
			}
		}
	}
	return found
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, v := range violations(list(t)) {
		t.Error(v)
	}
}

// list returns every package of the module.
func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Doc,Imports,TestImports,XTestImports,GoFiles", "./...")
	cmd.Dir = ".."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages = append(packages, p)
	}
}
