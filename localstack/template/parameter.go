package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// parameterValues lays given over the declared Defaults. A parameter with neither has no value, and
// stands for itself where something refers to it.
func parameterValues(declared map[string]*yaml.Node, given map[string]string) (map[string]any, error) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if declared[name] == nil {
			return nil, fmt.Errorf("unknown parameter %s (declared: %s)", name, strings.Join(slices.Sorted(maps.Keys(declared)), ", "))
		}
	}
	values := map[string]any{}
	for name, declaration := range declared {
		value, ok := given[name]
		if def := child(declaration, "Default"); !ok && def != nil {
			value, ok = def.Value, true
		}
		if !ok {
			continue
		}
		if err := allowed(declaration, name, value); err != nil {
			return nil, err
		}
		values[name] = typed(declaration, value)
	}
	return values, nil
}

func allowed(declaration *yaml.Node, name, value string) error {
	list := child(declaration, "AllowedValues")
	if list == nil {
		return nil
	}
	var texts []string
	for _, n := range list.Content {
		texts = append(texts, n.Value)
	}
	if slices.Contains(texts, value) {
		return nil
	}
	return at(list, "parameter %s is %q, allowed are: %s", name, value, strings.Join(texts, ", "))
}

func typed(declaration *yaml.Node, value string) any {
	kind := child(declaration, "Type")
	if kind == nil || kind.Value != "CommaDelimitedList" && !strings.HasPrefix(kind.Value, "List<") {
		return value
	}
	list := []any{}
	for item := range strings.SplitSeq(value, ",") {
		list = append(list, strings.TrimSpace(item))
	}
	return list
}

// texts gives the parameters back as they would be typed.
func (r *resolver) texts() map[string]string {
	out := map[string]string{}
	for name, v := range r.parameters {
		if list, ok := v.([]any); ok {
			out[name] = strings.Join(stringsOf(list), ",")
			continue
		}
		out[name], _ = v.(string)
	}
	return out
}

func stringsOf(list []any) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
