package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mercato/shared/platform/fault"
)

// maxDepth is how deep a body may nest.
const maxDepth = 32

// strictJSON reads a body as JSON that has one reading only and writes it back: no key twice, no bytes
// that are not UTF-8, no NUL outside secrets, whole numbers without exponent or point. What it
// returns, every decoder reads alike.
func strictJSON(raw []byte, secrets []string) ([]byte, error) {
	if !utf8.Valid(raw) {
		return nil, fault.Unreadable("body", "is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	s := strict{in: d, secrets: secrets}
	if err := s.value("body", 0); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF { //nolint:errorlint // the decoder returns it bare
		return nil, fault.Unreadable("body", "has something after its JSON value")
	}
	return s.out.Bytes(), nil
}

type strict struct {
	in      *json.Decoder
	out     bytes.Buffer
	secrets []string
}

func (s *strict) value(at string, depth int) error {
	token, err := s.in.Token()
	switch {
	case err != nil:
		return fault.Unreadable("body", "is not JSON")
	case depth > maxDepth:
		return fault.Unreadable("body", "is nested too deep")
	}
	switch v := token.(type) {
	case json.Delim:
		return s.collection(v, at, depth)
	case json.Number:
		return s.number(v.String(), at)
	case string:
		return s.text(v, at)
	default:
		return s.write(v)
	}
}

func (s *strict) collection(open json.Delim, at string, depth int) error {
	s.out.WriteRune(rune(open))
	seen := map[string]bool{}
	for i := 0; s.in.More(); i++ {
		if i > 0 {
			s.out.WriteByte(',')
		}
		inner := fmt.Sprintf("%s[%d]", at, i)
		if open == '{' {
			name, err := s.key(seen, at)
			if err != nil {
				return err
			}
			inner = at + "." + name
		}
		if err := s.value(inner, depth+1); err != nil {
			return err
		}
	}
	closing, err := s.in.Token()
	if err != nil {
		return fault.Unreadable("body", "is not JSON")
	}
	return s.write(closing)
}

func (s *strict) key(seen map[string]bool, at string) (string, error) {
	token, err := s.in.Token()
	name, ok := token.(string)
	if err != nil || !ok {
		return "", fault.Unreadable("body", "is not JSON")
	}
	if seen[name] {
		return "", fault.Unreadable(at+"."+name, "is there twice")
	}
	seen[name] = true
	if err := s.write(name); err != nil {
		return "", err
	}
	s.out.WriteByte(':')
	return name, nil
}

func (s *strict) text(v, at string) error {
	if strings.ContainsRune(v, 0) && !slices.Contains(s.secrets, at) {
		return fault.At(at, "must not hold a NUL character")
	}
	return s.write(v)
}

// number writes 1e2 and 100.0 as 100, so that a schema's integer is a Go integer.
func (s *strict) number(text, at string) error {
	if !strings.ContainsAny(text, ".eE") {
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return fault.At(at, "is out of range")
		}
	} else {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fault.At(at, "is out of range")
		}
		const exact = 1 << 53 // beyond it a float64 skips whole numbers
		if f == math.Trunc(f) && math.Abs(f) < exact {
			text = strconv.FormatInt(int64(f), 10)
		} else if strings.ContainsAny(text, "eE") {
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
	}
	s.out.WriteString(text)
	return nil
}

func (s *strict) write(token any) error {
	if delim, ok := token.(json.Delim); ok {
		s.out.WriteRune(rune(delim))
		return nil
	}
	blob, err := json.Marshal(token)
	s.out.Write(blob)
	return err //nolint:wrapcheck // a string, a bool or null: it cannot fail
}
