package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/session"
	"mercato/shared/platform/telemetry"
)

// guarded puts before an endpoint all that is the same for every one: from the outside in, the log
// line, the security headers, the net under panics, the deadline, the origin, the caller, the query and
// the body.
func guarded(endpoint http.Handler, env *platform.Env, spec Spec, b body) http.Handler {
	c := env.Config()
	h := checkTarget(b.check(endpoint))
	if spec.Allow != session.Anyone {
		keys, err := session.ParsePublicKeys(c.SessionPublicKeys)
		if err != nil {
			panic(err)
		}
		h = authorise(session.Guard{DB: env.Database(), Keys: keys, Local: c.Local()}, spec.Allow, h)
	}
	return outer(sameOrigin(h, c), c, spec.Name)
}

// outer is what the fallback has too.
func outer(h http.Handler, c config.Config, name string) http.Handler {
	return correlated(secured(recovered(deadline(h, c.RequestTimeout)), c), name)
}

// correlated gives the request its id and writes its log line.
func correlated(next http.Handler, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := uuid.Must(uuid.NewV7()).String()
		ctx := telemetry.WithTraceparent(telemetry.WithCorrelation(r.Context(), id), r.Header.Get("Traceparent"))
		w.Header().Set("X-Correlation-Id", id)
		begin, answer := time.Now(), &recorder{ResponseWriter: w}
		next.ServeHTTP(answer, r.WithContext(ctx))
		slog.InfoContext(ctx, "request", "operation", name, "method", r.Method, "path", r.URL.Path,
			"status", answer.status, "ms", float64(time.Since(begin).Microseconds())/1000)
	})
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func secured(next http.Handler, c config.Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !c.Local() {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

func recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				slog.ErrorContext(r.Context(), "panic", "panic", p, "stack", string(debug.Stack()))
				Refuse(w, r, http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func deadline(next http.Handler, limit time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// sameOrigin refuses unsafe requests that a browser sends from another site.
func sameOrigin(next http.Handler, c config.Config) http.Handler {
	protection := http.NewCrossOriginProtection()
	if c.PublicOrigin != "" {
		if err := protection.AddTrustedOrigin(c.PublicOrigin); err != nil {
			panic(err)
		}
	}
	protection.SetDenyHandler(refuse(http.StatusForbidden))
	return protection.Handler(next)
}

func authorise(guard session.Guard, rule session.Rule, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := guard.Caller(r)
		if err == nil {
			err = caller.Allow(rule)
		}
		if err != nil {
			problemOf(r.Context(), err).write(w)
			return
		}
		ctx := telemetry.With(session.With(r.Context(), caller), slog.Int64("user_id", caller.UserID))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// checkTarget refuses a path or query that cannot be decoded, and text that no column can hold.
func checkTarget(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil || !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0) {
			Refuse(w, r, http.StatusBadRequest)
			return
		}
		if path.Clean(r.URL.Path) != r.URL.Path { // a ServeMux would redirect
			Refuse(w, r, http.StatusNotFound)
			return
		}
		for name, values := range query {
			if text := strings.Join(values, ""); !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				problemOf(r.Context(), fault.Unreadable("query."+strings.ToValidUTF8(name, "?"), "holds characters that are not text")).write(w)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
