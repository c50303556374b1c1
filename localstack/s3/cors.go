package s3

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const corsPrefix = "Access-Control-"

// A Rule lets pages of some origins use a bucket.
type Rule struct {
	Origins []string `xml:"AllowedOrigin"` // each with one * at most
	Methods []string `xml:"AllowedMethod"`
	Headers []string `xml:"AllowedHeader,omitempty"` // each with one * at most, in any case
	Expose  []string `xml:"ExposeHeader,omitempty"`
	MaxAge  int      `xml:"MaxAgeSeconds,omitempty"`
}

// wild tells whether a text has the form of a pattern with one * at most.
func wild(pattern, text string) bool {
	head, tail, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	return len(text) >= len(head)+len(tail) && strings.HasPrefix(text, head) && strings.HasSuffix(text, tail)
}

// match answers the first rule that lets a page use the method with these headers, with the pattern that its origin has.
func match(rules []Rule, origin, method string, headers []string) (found *Rule, pattern string) {
	for i, rule := range rules {
		at := slices.IndexFunc(rule.Origins, func(p string) bool { return wild(p, origin) })
		if at < 0 || !slices.Contains(rule.Methods, method) {
			continue
		}
		refused := slices.ContainsFunc(headers, func(h string) bool {
			return !slices.ContainsFunc(rule.Headers, func(p string) bool { return wild(strings.ToLower(p), h) })
		})
		if !refused {
			return &rules[i], rule.Origins[at]
		}
	}
	return nil, ""
}

// allow answers the headers that let a page read a response; nil when it may not.
func allow(rules []Rule, origin, method string, headers []string) http.Header {
	if origin == "" {
		return nil
	}
	rule, pattern := match(rules, origin, method, headers)
	if rule == nil {
		return nil
	}
	out := http.Header{}
	out.Set("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
	out.Set("Access-Control-Allow-Methods", strings.Join(rule.Methods, ", "))
	if pattern == "*" {
		out.Set("Access-Control-Allow-Origin", "*")
	} else {
		out.Set("Access-Control-Allow-Origin", origin)
		out.Set("Access-Control-Allow-Credentials", "true")
	}
	if len(rule.Expose) > 0 {
		out.Set("Access-Control-Expose-Headers", strings.Join(rule.Expose, ", "))
	}
	if rule.MaxAge > 0 {
		out.Set("Access-Control-Max-Age", strconv.Itoa(rule.MaxAge))
	}
	if len(headers) > 0 {
		out.Set("Access-Control-Allow-Headers", strings.Join(headers, ", "))
	}
	return out
}

// preflight answers what a browser asks before it sends a page's request.
func preflight(w http.ResponseWriter, r *http.Request, rules []Rule) error {
	origin, method := r.Header.Get("Origin"), r.Header.Get("Access-Control-Request-Method")
	if origin == "" || method == "" {
		return malformed("BadRequest", "Insufficient information. Origin request header needed.")
	}
	headers := strings.FieldsFunc(strings.ToLower(r.Header.Get("Access-Control-Request-Headers")), func(c rune) bool { return c == ',' || c == ' ' })
	allowed := allow(rules, origin, method, headers)
	if allowed == nil {
		return refuse(http.StatusForbidden, "AccessForbidden", "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.")
	}
	if a, ok := w.(*answer); ok {
		a.cors = allowed
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
