package template

import (
	"reflect"

	"gopkg.in/yaml.v3"
)

// named tells whether the condition that n names holds.
func (r *resolver) named(n *yaml.Node) (bool, error) {
	n = target(n)
	condition := r.conditions[n.Value]
	if n.Kind != yaml.ScalarNode || condition == nil {
		return false, at(n, "unknown condition %q", n.Value)
	}
	return r.holds(condition)
}

// holds evaluates a condition function: Equals, Not, And, Or or Condition.
func (r *resolver) holds(n *yaml.Node) (bool, error) {
	n = target(n)
	if r.depth++; r.depth > nestingLimit {
		return false, at(n, "a condition depends on itself")
	}
	defer func() { r.depth-- }()
	name, arg := intrinsic(n)
	if inner := child(n, "Condition"); name == "" && inner != nil {
		return r.named(inner)
	}
	switch name {
	case "Condition":
		return r.named(arg)
	case "Equals":
		return r.equal(arg)
	case "Not":
		parts, err := arguments(arg, 1)
		if err != nil {
			return false, err
		}
		holds, err := r.holds(parts[0])
		return !holds, err
	case "And", "Or":
		return r.combine(arg, name == "And")
	default:
		return false, at(n, "expected a condition: Equals, Not, And, Or or Condition")
	}
}

func (r *resolver) equal(arg *yaml.Node) (bool, error) {
	parts, err := arguments(arg, 2)
	if err != nil {
		return false, err
	}
	left, err := r.resolve(parts[0])
	if err != nil {
		return false, err
	}
	right, err := r.resolve(parts[1])
	if err != nil {
		return false, err
	}
	return reflect.DeepEqual(left, right), nil
}

// combine is And (all must hold) or Or (one is enough).
func (r *resolver) combine(arg *yaml.Node, all bool) (bool, error) {
	parts, err := arguments(arg, 0)
	if err != nil {
		return false, err
	}
	for _, part := range parts {
		holds, err := r.holds(part)
		if err != nil {
			return false, err
		}
		if holds != all {
			return !all, nil
		}
	}
	return all, nil
}
