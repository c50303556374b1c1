package template

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// pseudo are the AWS:: parameters as one machine would answer them.
var pseudo = map[string]string{
	"AWS::AccountId": "000000000000",
	"AWS::Partition": "aws",
	"AWS::Region":    "us-east-1",
	"AWS::StackId":   "arn:aws:cloudformation:us-east-1:000000000000:stack/mercato/local",
	"AWS::StackName": "mercato",
	"AWS::URLSuffix": "amazonaws.com",
}

// ref gives a parameter's value, or for a resource a readable stand-in.
func (r *resolver) ref(n *yaml.Node, name string) (any, error) {
	if name == "AWS::NoValue" {
		return nil, nil //nolint:nilnil // NoValue is a value of its own: its holder leaves it out
	}
	if v, ok := r.parameters[name]; ok {
		return v, nil
	}
	if v, ok := pseudo[name]; ok {
		return v, nil
	}
	if resource := r.resources[name]; resource != nil {
		return r.standIn(name, resource)
	}
	if r.declared[name] != nil || r.knows(name) {
		return name, nil
	}
	return nil, at(n, "%s is neither a parameter nor a resource", name)
}

// standIn is what a resource turned out to be, else the logical id; for a secret the ARN that the functions hand to
// Secrets Manager.
func (r *resolver) standIn(name string, resource *yaml.Node) (any, error) {
	if made, ok := r.made[name]; ok {
		return made.Ref, nil
	}
	kind := child(resource, "Type")
	if kind == nil || kind.Value != secretType {
		return name, nil
	}
	if given := child(child(resource, "Properties"), "Name"); given != nil {
		text, err := r.text(given)
		if err != nil {
			return nil, err
		}
		name = text
	}
	return "arn:aws:secretsmanager:us-east-1:000000000000:secret:" + name, nil
}

func (r *resolver) getAtt(arg *yaml.Node) (any, error) {
	path := arg.Value
	if arg.Kind == yaml.SequenceNode {
		parts := make([]string, 0, len(arg.Content))
		for _, n := range arg.Content {
			text, err := r.text(n)
			if err != nil {
				return nil, err
			}
			parts = append(parts, text)
		}
		path = strings.Join(parts, ".")
	}
	id, attribute, _ := strings.Cut(path, ".")
	if attribute == "" || !r.knows(id) {
		return nil, at(arg, "GetAtt %q names no attribute of a resource", path)
	}
	return r.attribute(id, attribute), nil
}

// variable matches ${Name}, ${Resource.Attribute}, ${AWS::Region} and the literal ${!Name}.
var variable = regexp.MustCompile(`\$\{([^{}]*)\}`)

func (r *resolver) sub(arg *yaml.Node) (any, error) {
	text, locals := arg.Value, map[string]any{}
	if arg.Kind == yaml.SequenceNode {
		parts, err := arguments(arg, 2)
		if err != nil {
			return nil, err
		}
		text = parts[0].Value
		if locals, err = r.mapping(target(parts[1])); err != nil {
			return nil, err
		}
	} else if arg.Kind != yaml.ScalarNode {
		return nil, at(arg, "Sub takes a text, or a list of a text and a mapping")
	}
	var failed error
	out := variable.ReplaceAllStringFunc(text, func(match string) string {
		value, err := r.substitute(arg, match, locals)
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	return out, failed
}

// substitute gives the text for one ${...}.
func (r *resolver) substitute(n *yaml.Node, match string, locals map[string]any) (string, error) {
	name := strings.TrimSpace(match[2 : len(match)-1])
	if literal, ok := strings.CutPrefix(name, "!"); ok {
		return "${" + literal + "}", nil
	}
	v, ok := locals[name]
	if !ok {
		if r.keep && r.parameters[name] == nil && pseudo[name] == "" {
			return match, nil
		}
		var err error
		if v, err = r.reference(n, name); err != nil {
			return "", err
		}
	}
	s, ok := v.(string)
	if !ok {
		return "", at(n, "${%s} is not a single value", name)
	}
	return s, nil
}

func (r *resolver) reference(n *yaml.Node, name string) (any, error) {
	if id, attribute, dotted := strings.Cut(name, "."); dotted && r.knows(id) {
		return r.attribute(id, attribute), nil
	}
	return r.ref(n, name)
}

// attribute is what a resource turned out to have, else the attribute's name.
func (r *resolver) attribute(id, name string) string {
	if value, ok := r.made[id].Attributes[name]; ok {
		return value
	}
	return id + "." + name
}
