package template

import (
	"encoding/json"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	apiType     = "AWS::Serverless::HttpApi"
	implicitAPI = "ServerlessHttpApi" // the API that SAM makes when the template declares none
)

// theAPI returns the logical id of the one HTTP API that events may belong to.
func theAPI(r *resolver) (string, error) {
	found := ""
	for _, id := range r.resourceIDs {
		if kind := child(r.resources[id], "Type"); kind == nil || kind.Value != apiType {
			continue
		}
		if found != "" {
			return "", at(r.resources[id], "a second HTTP API %s beside %s: one is all that runs here", id, found)
		}
		found = id
	}
	if found == "" {
		return implicitAPI, nil
	}
	return found, nil
}

func readEvents(r *resolver, f *Function, events *yaml.Node, api string) error {
	if events == nil {
		return nil
	}
	entries, err := fields(events)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := readEvent(r, f, e, api); err != nil {
			return fmt.Errorf("event %s: %w", e.name, err)
		}
	}
	return nil
}

func readEvent(r *resolver, f *Function, e field, api string) error {
	kind := child(e.value, "Type")
	if kind == nil {
		return at(e.value, "has no Type")
	}
	get := &properties{resolver: r, node: child(e.value, "Properties")}
	switch kind.Value {
	case "HttpApi":
		return readRoute(f, get, e, api)
	case "Schedule":
		return readSchedule(f, get, e, "Schedule", get.text("Enabled") != "false")
	case "ScheduleV2":
		return readSchedule(f, get, e, "ScheduleExpression", true)
	default:
		return at(kind, "event type %s has no counterpart on one machine", kind.Value)
	}
}

func readRoute(f *Function, get *properties, e field, api string) error {
	owner, method, path := get.text("ApiId"), strings.ToUpper(get.text("Method")), get.text("Path")
	if get.err != nil {
		return get.err
	}
	if owner == "" {
		owner = implicitAPI
	}
	if owner != api {
		return at(e.value, "belongs to the API %s, not to %s: it lacks its ApiId", owner, api)
	}
	switch {
	case method == "" && path == "":
		path = "$default"
	case method == "" || !strings.HasPrefix(path, "/"):
		return at(e.value, "needs a Method and a Path that starts with /, or neither")
	}
	if method == "X-AMAZON-APIGATEWAY-ANY-METHOD" {
		method = "ANY"
	}
	f.Routes = append(f.Routes, Route{Method: method, Path: path})
	return nil
}

func readSchedule(f *Function, get *properties, e field, expressionKey string, enabled bool) error {
	s := Schedule{Name: get.text("Name"), Expression: get.text(expressionKey), Zone: get.text("ScheduleExpressionTimezone")}
	input := get.text("Input")
	enabled = enabled && get.text("State") != "DISABLED"
	switch {
	case get.err != nil:
		return get.err
	case s.Expression == "":
		return at(e.value, "has no %s", expressionKey)
	case input != "" && !json.Valid([]byte(input)):
		return at(e.value, "Input is not JSON")
	}
	if s.Name == "" {
		s.Name = f.LogicalID + e.name // the name that SAM gives it
	}
	if input != "" {
		s.Input = json.RawMessage(input)
	}
	if enabled {
		f.Schedules = append(f.Schedules, s)
	}
	return nil
}

// properties reads single values one after the other and keeps the first error.
type properties struct {
	resolver *resolver
	node     *yaml.Node
	err      error
}

// text is empty where the property is absent.
func (p *properties) text(name string) string {
	n := child(p.node, name)
	if n == nil || p.err != nil {
		return ""
	}
	v, err := p.resolver.resolve(n)
	if err != nil {
		p.err = err
		return ""
	}
	s, ok := v.(string)
	if !ok && v != nil {
		p.err = at(n, "%s must be a single value", name)
	}
	return s
}
