package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"mercato/shared/platform/fault"
)

// maxBody is the largest body in bytes.
const maxBody = 64 << 10

// body says what an endpoint expects of a request's body.
type body struct {
	expected bool
	secrets  []string // fields that may hold any character, NUL too: they are hashed, not stored
}

// bodyOf reads it off the input struct: its Body field, and format:"password" in that.
func bodyOf[In any]() body {
	field, ok := reflect.TypeFor[In]().FieldByName("Body")
	if !ok {
		return body{}
	}
	b := body{expected: true}
	t := field.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for field := range t.Fields() {
		if tag := field.Tag; tag.Get("format") == "password" {
			name, _, _ := strings.Cut(tag.Get("json"), ",")
			b.secrets = append(b.secrets, "body."+name)
		}
	}
	return b
}

// check stands before next: it lets through a JSON body that has one reading only.
func (b body) check(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			Refuse(w, r, http.StatusRequestEntityTooLarge)
			return
		}
		if len(raw) > 0 && r.Method != http.MethodGet {
			if !isJSON(r.Header.Get("Content-Type")) {
				Refuse(w, r, http.StatusUnsupportedMediaType)
				return
			}
			if raw, err = b.normalise(raw); err != nil {
				problemOf(r.Context(), err).write(w)
				return
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		next.ServeHTTP(w, r)
	})
}

func (b body) normalise(raw []byte) ([]byte, error) {
	raw, err := strictJSON(raw, b.secrets)
	if err == nil && !b.expected && string(raw) != "{}" {
		err = fault.Unreadable("body", "must be empty")
	}
	return raw, err
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}
