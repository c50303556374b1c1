package template

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// checkKeys walks the whole file and refuses what would make reading it ambiguous: keys that stand
// twice, as CloudFormation does, and merge keys, which SAM and CloudFormation treat differently.
func checkKeys(n *yaml.Node) error {
	seen := map[string]bool{}
	for i, part := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if part.Kind != yaml.ScalarNode || part.Tag == "!!merge" {
				return at(part, "a key must be a plain name")
			}
			if seen[part.Value] {
				return at(part, "%s stands twice", part.Value)
			}
			seen[part.Value] = true
		}
		if err := checkKeys(part); err != nil {
			return err
		}
	}
	return nil
}

// fields returns a mapping's entries in file order.
func fields(n *yaml.Node) ([]field, error) {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		return nil, at(n, "expected a mapping")
	}
	out := make([]field, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, field{n.Content[i].Value, n.Content[i+1]})
	}
	return out, nil
}

type field struct {
	name  string
	value *yaml.Node
}

// child finds one entry of a mapping; nil when there is none or n is no mapping.
func child(n *yaml.Node, name string) *yaml.Node {
	if n = target(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return target(n.Content[i+1])
		}
	}
	return nil
}

// target follows an alias to the node that it names.
func target(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// sectionOf returns the entries of a top-level section, none when the template lacks it.
func sectionOf(root *yaml.Node, name string) (map[string]*yaml.Node, []string, error) {
	n := child(root, name)
	if n == nil {
		return nil, nil, nil
	}
	entries, err := fields(n)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	byName, order := map[string]*yaml.Node{}, make([]string, 0, len(entries))
	for _, e := range entries {
		byName[e.name] = target(e.value)
		order = append(order, e.name)
	}
	return byName, order, nil
}

func at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...))
}
