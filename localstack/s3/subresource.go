package s3

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// corsDocument is a bucket's CORS configuration as it is sent.
type corsDocument struct {
	XMLName xml.Name `xml:"CORSConfiguration"`
	Rules   []Rule   `xml:"CORSRule"`
}

type handler func(w http.ResponseWriter, r *http.Request, bucket string, body []byte) error

// subresource answers who handles a request for a bucket's configuration; nil for any other.
func (s *Server) subresource(r *http.Request, key string) handler {
	switch query := r.URL.Query(); {
	case key != "":
		return nil
	case query.Has("cors"):
		return s.cors
	case query.Has("policy"):
		return s.policy
	}
	return nil
}

func (s *Server) cors(w http.ResponseWriter, r *http.Request, name string, body []byte) error {
	switch r.Method {
	case http.MethodPut:
		rules, err := parseRules(body)
		if err != nil {
			return err
		}
		return s.store.update(name, func(b *bucket) { b.CORS = rules })
	case http.MethodDelete:
		if err := s.store.update(name, func(b *bucket) { b.CORS = nil }); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if !s.store.has(name) {
		return noBucket()
	}
	rules := s.store.rules(name)
	if len(rules) == 0 {
		return refuse(http.StatusNotFound, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
	}
	writeXML(w, corsDocument{Rules: rules})
	return nil
}

// parseRules reads a CORS configuration.
func parseRules(body []byte) ([]Rule, error) {
	var document corsDocument
	if xml.Unmarshal(body, &document) != nil || len(document.Rules) == 0 || len(document.Rules) > 100 {
		return nil, malformed("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	methods := []string{"GET", "PUT", "POST", "DELETE", "HEAD"}
	for _, rule := range document.Rules {
		for _, m := range rule.Methods {
			if !slices.Contains(methods, m) {
				return nil, malformed("InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is %s", m)
			}
		}
		for _, pattern := range slices.Concat(rule.Origins, rule.Headers) {
			if strings.Count(pattern, "*") > 1 {
				return nil, malformed("InvalidRequest", "%q can not have more than one wildcard.", pattern)
			}
		}
		if len(rule.Methods) == 0 || len(rule.Origins) == 0 {
			return nil, malformed("MalformedXML", "A CORS rule has an origin and a method.")
		}
	}
	return document.Rules, nil
}

func (s *Server) policy(w http.ResponseWriter, r *http.Request, name string, body []byte) error {
	switch r.Method {
	case http.MethodPut:
		public, err := publicPrefixes(body, name)
		if err != nil {
			return err
		}
		err = s.store.update(name, func(b *bucket) { b.Policy, b.Public = string(body), public })
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
		}
		return err
	case http.MethodDelete:
		err := s.store.update(name, func(b *bucket) { b.Policy, b.Public = "", nil })
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
		}
		return err
	}
	policy, err := s.store.policy(name)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(policy)) // the client went away
	return nil
}

// publicPrefixes answers the prefixes of the keys that a bucket's policy lets anybody read. Statements about others have
// no effect here: there is one login, and it may do everything.
func publicPrefixes(body []byte, bucket string) ([]string, error) {
	var policy struct {
		Statement []struct {
			Effect           string
			Principal        json.RawMessage
			Action, Resource oneOrMore
			Condition        json.RawMessage
		}
	}
	if json.Unmarshal(body, &policy) != nil || len(policy.Statement) == 0 {
		return nil, malformed("MalformedPolicy", "This policy contains invalid Json")
	}
	var found []string
	for _, st := range policy.Statement {
		anybody := string(st.Principal) == `"*"` || strings.ReplaceAll(string(st.Principal), " ", "") == `{"AWS":"*"}`
		if st.Effect != "Allow" || !anybody || st.Condition != nil || !slices.Contains(st.Action, "s3:GetObject") {
			continue
		}
		for _, resource := range st.Resource {
			prefix, ours := strings.CutPrefix(resource, "arn:aws:s3:::"+bucket+"/")
			prefix, all := strings.CutSuffix(prefix, "*")
			if !ours || !all {
				return nil, malformed("MalformedPolicy", "Policy has invalid resource: only a prefix of this bucket's keys is emulated here")
			}
			found = append(found, prefix)
		}
	}
	return found, nil
}

// oneOrMore is a JSON string, or a list of them.
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}
