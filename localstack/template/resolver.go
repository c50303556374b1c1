package template

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A resolved value is a string, a []any, a map[string]any, or nil where the template says
// AWS::NoValue (such entries vanish from their list or map).

// nestingLimit is far beyond any template and ends conditions or anchors that contain themselves.
const nestingLimit = 64

type resolver struct {
	declared    map[string]*yaml.Node
	parameters  map[string]any // those with a value: a string, or []any for a list parameter
	mappings    *yaml.Node
	conditions  map[string]*yaml.Node
	resources   map[string]*yaml.Node
	resourceIDs []string // in file order
	globals     *yaml.Node
	made        map[string]Made // by logical id
	keep        bool            // leave unresolvable Sub variables as ${Name}
	depth       int
}

func newResolver(root *yaml.Node, params map[string]string) (*resolver, error) {
	r := &resolver{mappings: child(root, "Mappings"), globals: child(child(root, "Globals"), "Function")}
	var err error
	if r.conditions, _, err = sectionOf(root, "Conditions"); err != nil {
		return nil, err
	}
	if r.resources, r.resourceIDs, err = sectionOf(root, "Resources"); err != nil {
		return nil, err
	}
	if r.declared, _, err = sectionOf(root, "Parameters"); err != nil {
		return nil, err
	}
	r.parameters, err = parameterValues(r.declared, params)
	return r, err
}

// resolve turns a node into a value with every intrinsic in it carried out.
func (r *resolver) resolve(n *yaml.Node) (any, error) {
	n = target(n)
	if r.depth++; r.depth > nestingLimit {
		return nil, at(n, "nested deeper than %d levels", nestingLimit)
	}
	defer func() { r.depth-- }()
	if name, arg := intrinsic(n); name != "" {
		return r.call(n, name, arg)
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return scalar(n), nil
	case yaml.SequenceNode:
		return r.list(n)
	default:
		return r.mapping(n)
	}
}

func (r *resolver) list(n *yaml.Node) (any, error) {
	out := []any{}
	for _, item := range n.Content {
		v, err := r.resolve(item)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out = append(out, v)
		}
	}
	return out, nil
}

func (r *resolver) mapping(n *yaml.Node) (map[string]any, error) {
	entries, err := fields(n)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, e := range entries {
		v, err := r.resolve(e.value)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out[e.name] = v
		}
	}
	return out, nil
}

// scalar gives a plain value as the text that CloudFormation would make of it.
func scalar(n *yaml.Node) any {
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return strings.ToLower(n.Value)
	default:
		return n.Value
	}
}

// intrinsic recognises both spellings, !Name and {"Fn::Name": ...}, and returns the short name.
func intrinsic(n *yaml.Node) (string, *yaml.Node) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return n.Tag[1:], n
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return "", nil
	}
	key := n.Content[0].Value
	if short, found := strings.CutPrefix(key, "Fn::"); found {
		return short, target(n.Content[1])
	}
	if key == "Ref" {
		return key, target(n.Content[1])
	}
	return "", nil
}

// text resolves a node that must come out as one string.
func (r *resolver) text(n *yaml.Node) (string, error) {
	v, err := r.resolve(n)
	if err != nil {
		return "", err
	}
	s, ok := v.(string)
	if !ok {
		return "", at(n, "expected a single value")
	}
	return s, nil
}

// knows tells whether a name can belong to a resource, be it one that SAM derives (OrdersCreateRole).
func (r *resolver) knows(name string) bool {
	return strings.HasPrefix(name, "Serverless") || slices.ContainsFunc(r.resourceIDs, func(id string) bool {
		return strings.HasPrefix(name, id)
	})
}
