package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// document answers what docs/openapi.json lists: by path and lower-case method, the statuses.
var document = sync.OnceValues(func() (map[string]map[string][]string, error) {
	content, err := os.ReadFile(filepath.Join(root, "docs", "openapi.json"))
	if err != nil {
		return nil, err
	}
	var whole struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal(content, &whole); err != nil {
		return nil, err
	}
	statuses := map[string]map[string][]string{}
	for path, methods := range whole.Paths {
		statuses[path] = map[string][]string{}
		for method, operation := range methods {
			for status := range operation.Responses {
				statuses[path][method] = append(statuses[path][method], status)
			}
		}
	}
	return statuses, nil
})

// ofThePlatform are the statuses that API Gateway gives by itself, for a function that failed or is throttled, or a request
// beyond its own limits: they have a form of their own.
var ofThePlatform = []int{413, 500, 503}

// documented says why an answer is none that a reader of the document expects: a success that is not listed, or a
// failure that is not a problem.
func documented(method, path string, a answer) error {
	statuses, err := document()
	if err != nil {
		return err
	}
	if a.status >= 400 {
		if slices.Contains(ofThePlatform, a.status) && a.header.Get("Content-Type") == "application/json" {
			return nil
		}
		_, err := a.problem()
		return err
	}
	path, _, _ = strings.Cut(path, "?")
	if a.status == 308 && strings.HasSuffix(path, "/") {
		return nil
	}
	if !slices.Contains(statuses[template(statuses, path)][strings.ToLower(method)], strconv.Itoa(a.status)) {
		return fmt.Errorf("%s: the OpenAPI document does not know this answer", a)
	}
	return nil
}

// template finds the documented path, one without a parameter first.
func template(statuses map[string]map[string][]string, path string) string {
	if statuses[path] != nil {
		return path
	}
	parts := strings.Split(path, "/")
	for pattern := range statuses {
		if slices.EqualFunc(strings.Split(pattern, "/"), parts, func(want, have string) bool {
			return want == have || strings.HasPrefix(want, "{")
		}) {
			return pattern
		}
	}
	return ""
}
