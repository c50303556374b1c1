package gateway

import (
	"cmp"
	"slices"
	"strings"
)

const (
	anyMethod   = "ANY"
	defaultPath = "$default"
)

// route is a Route taken apart for matching.
type route struct {
	Route
	key      string // as the event names it: "GET /api/orders/{id}"
	segments []segment
}

type segment struct {
	kind kind
	name string // the literal text, or the parameter's name
}

// kind orders segments by how specific they are.
type kind int

const (
	literal kind = iota
	parameter
	greedy
	catchAll // $default has it as its only segment
)

// compile sorts routes so that the first that matches is the one AWS would choose: no variable that
// spans segments before one that does, then the more literal from the left, then the method before
// ANY; $default last.
func compile(routes []Route) []route {
	out := make([]route, 0, len(routes))
	for _, r := range routes {
		out = append(out, route{r, strings.TrimSpace(r.Method + " " + r.Path), segments(r.Path)})
	}
	slices.SortStableFunc(out, func(a, b route) int {
		return cmp.Or(
			cmp.Compare(max(a.last(), parameter), max(b.last(), parameter)),
			slices.CompareFunc(a.segments, b.segments, func(x, y segment) int { return cmp.Compare(x.kind, y.kind) }),
			cmp.Compare(wildness(a.Method), wildness(b.Method)),
		)
	})
	return out
}

func (r route) last() kind { return r.segments[len(r.segments)-1].kind }

func wildness(method string) int {
	if method == anyMethod {
		return 1
	}
	return 0
}

func segments(path string) []segment {
	if path == defaultPath {
		return []segment{{kind: catchAll}}
	}
	var out []segment
	for text := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		name, opened := strings.CutPrefix(text, "{")
		name, closed := strings.CutSuffix(name, "}")
		switch {
		case !opened || !closed:
			out = append(out, segment{literal, text})
		case strings.HasSuffix(name, "+"):
			out = append(out, segment{greedy, strings.TrimSuffix(name, "+")})
		default:
			out = append(out, segment{parameter, name})
		}
	}
	return out
}

// match finds the route for a request, and the values of its path parameters (nil when it has none).
func match(routes []route, method, path string) (route, map[string]string, bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for _, r := range routes {
		if r.Path != defaultPath && r.Method != anyMethod && r.Method != method {
			continue
		}
		if params, ok := r.bind(parts); ok {
			return r, params, true
		}
	}
	return route{}, nil, false
}

// bind lays a route over the segments of a path. A parameter is never empty, so /orders/ is not
// /orders/{id}; and a trailing slash counts, so it is not /orders either.
func (r route) bind(parts []string) (map[string]string, bool) {
	var params map[string]string
	for i, s := range r.segments {
		if s.kind == catchAll {
			return nil, true
		}
		if i >= len(parts) || s.kind == literal && s.name != parts[i] || s.kind != literal && parts[i] == "" {
			return nil, false
		}
		if s.kind == literal {
			continue
		}
		if params == nil {
			params = map[string]string{}
		}
		params[s.name] = parts[i]
		if s.kind == greedy {
			params[s.name] = strings.Join(parts[i:], "/")
			return params, true
		}
	}
	return params, len(parts) == len(r.segments)
}
