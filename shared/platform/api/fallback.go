package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"mercato/shared/platform"
	"mercato/shared/platform/session"
)

// Fallback answers what no route takes: 308 for a known path with a slash too many, 405 for a known
// path with another method, 404 for the rest.
type Fallback struct {
	Name   string
	Routes string // every route, "METHOD /path/{id}", a line each
}

// Spec returns the fallback's face.
func (f Fallback) Spec() Spec {
	return Spec{Spec: platform.Spec{Name: f.Name}, Path: "$default", Allow: session.Anyone, Rate: Free}
}

// Describe adds nothing: the fallback is not an operation.
func (f Fallback) Describe(huma.API) {}

// Handler returns the fallback as HTTP.
func (f Fallback) Handler(env *platform.Env) http.Handler {
	routes := strings.Fields(f.Routes)
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimRight(r.URL.Path, "/")
		allowed := methods(routes, path)
		switch {
		case len(allowed) == 0:
			Refuse(w, r, http.StatusNotFound)
		case path != r.URL.Path:
			target := *r.URL
			target.Scheme, target.Host, target.User = "", "", nil
			target.Path, target.RawPath = path, ""
			w.Header().Set("Location", target.String())
			w.WriteHeader(http.StatusPermanentRedirect)
		default:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			Refuse(w, r, http.StatusMethodNotAllowed)
		}
	})
	return outer(answer, env.Config(), f.Name)
}

// methods lists the methods that a path takes; routes alternates method and pattern.
func methods(routes []string, path string) []string {
	var found []string
	for pair := range slices.Chunk(routes, 2) {
		if matches(pair[1], path) {
			found = append(found, pair[0])
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func matches(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, have, func(want, have string) bool {
		if strings.HasPrefix(want, "{") {
			return have != ""
		}
		return want == have
	})
}
