package s3

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"mercato/localstack/sigv4"
)

// A policy says which forms its signer lets others post.
type policy struct {
	expires    time.Time
	conditions []condition
	low, high  int64 // bytes of the file
}

// A condition is about one field.
type condition struct {
	operator     string // eq or starts-with
	field, value string
}

// trust answers the policy of a form, when the login has signed it and the form keeps to it.
func trust(l sigv4.Login, f *form, bucket string) (*policy, error) {
	if f.fields["policy"] == "" {
		return nil, denied("Access Denied")
	}
	for _, name := range []string{"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"} {
		if f.fields[name] == "" {
			return nil, malformed("InvalidArgument", "Bucket POST must contain a field named '%s'.  If it is specified, please check the order of the fields.", name)
		}
	}
	at, err := time.Parse(sigv4.DateFormat, f.fields["x-amz-date"])
	s, ok := sigv4.ParseScope(f.fields["x-amz-credential"], service, at)
	if err != nil || !ok || f.fields["x-amz-algorithm"] != sigv4.Algorithm {
		return nil, malformed("InvalidArgument", "The x-amz-credential, x-amz-date or x-amz-algorithm of the form is malformed.")
	}
	if err := l.Knows(s); err != nil {
		return nil, err
	}
	if err := l.Match(s, f.fields["policy"], f.fields["x-amz-signature"]); err != nil {
		return nil, err
	}
	p, err := parsePolicy(f.fields["policy"])
	if err != nil {
		return nil, err
	}
	return p, p.check(f, bucket)
}

// check fails unless the form keeps to the policy, and the policy speaks of each of its fields.
func (p *policy) check(f *form, bucket string) error {
	if time.Now().After(p.expires) {
		return denied("Invalid according to Policy: Policy expired.")
	}
	spoken := []string{"policy", "x-amz-signature"}
	for _, c := range p.conditions {
		value := f.fields[c.field]
		if c.field == "bucket" {
			value = bucket
		}
		if c.operator == "eq" && value != c.value || c.operator == "starts-with" && !strings.HasPrefix(value, c.value) {
			return denied("Invalid according to Policy: Policy Condition failed: [%q, %q, %q]", c.operator, "$"+c.field, c.value)
		}
		spoken = append(spoken, c.field)
	}
	for _, name := range slices.Sorted(maps.Keys(f.fields)) {
		if !slices.Contains(spoken, name) && !strings.HasPrefix(name, "x-ignore-") {
			return denied("Invalid according to Policy: Extra input fields: %s", name)
		}
	}
	return nil
}

// read answers a file of the size that the policy allows.
func (p *policy) read(file io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(file, p.high+1))
	size := int64(len(body))
	switch {
	case err != nil:
		return nil, malformed("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
	case size > p.high:
		rest, _ := io.Copy(io.Discard, io.LimitReader(file, maxBody)) // only for the message
		return nil, tooLarge(size+rest, p.high)
	case size < p.low:
		r := malformed("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		r.ProposedSize, r.MinSize = size, p.low
		return nil, r
	}
	return body, nil
}

func parsePolicy(text string) (*policy, error) {
	bad := func(what string) error {
		return malformed("InvalidPolicyDocument", "Invalid Policy: %s.", what)
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	var document struct {
		Expiration string            `json:"expiration"`
		Conditions []json.RawMessage `json:"conditions"`
	}
	if err != nil || json.Unmarshal(decoded, &document) != nil {
		return nil, bad("Invalid JSON")
	}
	p := &policy{high: maxBody}
	if p.expires, err = time.Parse(time.RFC3339, document.Expiration); err != nil {
		return nil, bad("Invalid 'expiration' value: '" + document.Expiration + "'")
	}
	for _, c := range document.Conditions {
		if err := p.add(c); err != nil {
			return nil, bad(err.Error())
		}
	}
	return p, nil
}

// add reads a condition: {"field": "value"}, [operator, "$field", value] or ["content-length-range", low, high].
func (p *policy) add(text json.RawMessage) error {
	var equal map[string]string
	if json.Unmarshal(text, &equal) == nil {
		for field, value := range equal {
			p.conditions = append(p.conditions, condition{"eq", strings.ToLower(field), value})
		}
		return nil
	}
	var list []any
	if json.Unmarshal(text, &list) != nil || len(list) != 3 {
		return fmt.Errorf("Invalid condition: %s", text) //nolint:staticcheck,revive // a part of S3's sentence
	}
	operator := strings.ToLower(fmt.Sprint(list[0]))
	if operator == "content-length-range" {
		return p.limit(list[1], list[2])
	}
	field, dollar := strings.CutPrefix(fmt.Sprint(list[1]), "$")
	if !dollar || operator != "eq" && operator != "starts-with" {
		return fmt.Errorf("Invalid condition: %s", text) //nolint:staticcheck,revive // a part of S3's sentence
	}
	p.conditions = append(p.conditions, condition{operator, strings.ToLower(field), fmt.Sprint(list[2])})
	return nil
}

// limit narrows the sizes that the policy allows.
func (p *policy) limit(low, high any) error {
	l, err := weight(low)
	if err != nil {
		return err
	}
	h, err := weight(high)
	if err != nil {
		return err
	}
	p.low, p.high = max(p.low, l), min(p.high, h)
	return nil
}

// weight reads a size, which some write as a string.
func weight(value any) (int64, error) {
	if n, ok := value.(float64); ok && n >= 0 && n < 1<<53 {
		return int64(n), nil
	}
	text, _ := value.(string)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("Invalid content-length-range: %v", value) //nolint:staticcheck,revive // a part of S3's sentence
	}
	return n, nil
}
