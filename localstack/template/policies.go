package template

import (
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// policies collects the inline statements of a function's Policies. Managed policies (plain names
// or ARNs) are left out: what they allow does not stand in the template.
func policies(r *resolver, n *yaml.Node) ([]Statement, error) {
	if n == nil {
		return nil, nil
	}
	r.keep = true
	defer func() { r.keep = false }()
	v, err := r.resolve(n)
	if err != nil {
		return nil, err
	}
	var out []Statement
	for _, item := range listOf(v) {
		policy, ok := item.(map[string]any)
		if !ok {
			continue
		}
		if policy["Statement"] == nil {
			names := strings.Join(slices.Sorted(maps.Keys(policy)), ", ")
			return nil, at(n, "policy template %s: write its statements inline", names)
		}
		for _, entry := range listOf(policy["Statement"]) {
			s, err := statement(n, entry)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func statement(n *yaml.Node, entry any) (Statement, error) {
	parts, _ := entry.(map[string]any)
	effect, _ := parts["Effect"].(string)
	s := Statement{
		Effect:    effect,
		Actions:   stringsOf(listOf(parts["Action"])),
		Resources: stringsOf(listOf(parts["Resource"])),
		Except:    stringsOf(listOf(parts["NotResource"])),
	}
	if effect == "" || len(s.Actions) == 0 || len(s.Resources)+len(s.Except) == 0 {
		return s, at(n, "a statement needs Effect, Action and Resource")
	}
	return s, nil
}

// listOf takes one value or a list of them, as IAM does everywhere.
func listOf(v any) []any {
	if v == nil {
		return nil
	}
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
