package template

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// call carries out one intrinsic function; n is where it stands, arg what it is given.
func (r *resolver) call(n *yaml.Node, name string, arg *yaml.Node) (any, error) {
	switch name {
	case "Ref":
		return r.ref(arg, arg.Value)
	case "Sub":
		return r.sub(arg)
	case "GetAtt":
		return r.getAtt(arg)
	case "If":
		return r.choose(arg)
	case "Join":
		return r.join(arg)
	case "FindInMap":
		return r.findInMap(arg)
	case "Select":
		return r.pick(arg)
	case "Split":
		return r.split(arg)
	case "Equals", "Not", "And", "Or", "Condition":
		holds, err := r.holds(n)
		return strconv.FormatBool(holds), err
	default:
		return nil, at(n, "unknown intrinsic function %s", name)
	}
}

// arguments returns the parts of a function that takes a list of exactly count (0: any number).
func arguments(n *yaml.Node, count int) ([]*yaml.Node, error) {
	if n.Kind != yaml.SequenceNode || count > 0 && len(n.Content) != count {
		return nil, at(n, "expected a list of %d arguments", count)
	}
	return n.Content, nil
}

// choose evaluates only the branch that holds: the other may refer to what does not exist.
func (r *resolver) choose(arg *yaml.Node) (any, error) {
	parts, err := arguments(arg, 3)
	if err != nil {
		return nil, err
	}
	holds, err := r.named(parts[0])
	if err != nil {
		return nil, err
	}
	if holds {
		return r.resolve(parts[1])
	}
	return r.resolve(parts[2])
}

func (r *resolver) join(arg *yaml.Node) (any, error) {
	parts, err := arguments(arg, 2)
	if err != nil {
		return nil, err
	}
	separator, err := r.text(parts[0])
	if err != nil {
		return nil, err
	}
	list, err := r.items(parts[1])
	if err != nil {
		return nil, err
	}
	return strings.Join(stringsOf(list), separator), nil
}

func (r *resolver) split(arg *yaml.Node) (any, error) {
	parts, err := arguments(arg, 2)
	if err != nil {
		return nil, err
	}
	separator, err := r.text(parts[0])
	if err != nil {
		return nil, err
	}
	whole, err := r.text(parts[1])
	if err != nil {
		return nil, err
	}
	out := []any{}
	for part := range strings.SplitSeq(whole, separator) {
		out = append(out, part)
	}
	return out, nil
}

func (r *resolver) pick(arg *yaml.Node) (any, error) {
	parts, err := arguments(arg, 2)
	if err != nil {
		return nil, err
	}
	position, err := r.text(parts[0])
	if err != nil {
		return nil, err
	}
	list, err := r.items(parts[1])
	if err != nil {
		return nil, err
	}
	i, err := strconv.Atoi(position)
	if err != nil || i < 0 || i >= len(list) {
		return nil, at(arg, "no element %s in a list of %d", position, len(list))
	}
	return list[i], nil
}

func (r *resolver) findInMap(arg *yaml.Node) (any, error) {
	parts, err := arguments(arg, 3)
	if err != nil {
		return nil, err
	}
	found := r.mappings
	for _, part := range parts {
		key, err := r.text(part)
		if err != nil {
			return nil, err
		}
		if found = child(found, key); found == nil {
			return nil, at(arg, "no %s in the mapping", key)
		}
	}
	return r.resolve(found)
}

func (r *resolver) items(n *yaml.Node) ([]any, error) {
	v, err := r.resolve(n)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, at(n, "expected a list")
	}
	return list, nil
}
