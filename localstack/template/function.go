package template

import (
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

const functionType = "AWS::Serverless::Function"

func readFunctions(r *resolver) ([]Function, error) {
	api, err := theAPI(r)
	if err != nil {
		return nil, err
	}
	return readEach(r, functionType, func(r *resolver, id string, resource *yaml.Node) (Function, error) {
		return readFunction(r, id, resource, api)
	})
}

func readFunction(r *resolver, id string, resource *yaml.Node, api string) (Function, error) {
	properties := child(resource, "Properties")
	f := Function{LogicalID: id, Name: kebab(id)}
	var err error
	if f.MemoryMB, err = number(r, properties, "MemorySize", 128); err != nil {
		return f, err
	}
	seconds, err := number(r, properties, "Timeout", 3)
	if err != nil {
		return f, err
	}
	f.Timeout = time.Duration(seconds) * time.Second
	if f.Concurrency, err = number(r, properties, "ReservedConcurrentExecutions", 0); err != nil {
		return f, err
	}
	if f.Environment, err = environment(r, properties); err != nil {
		return f, err
	}
	if f.Policies, err = policies(r, child(properties, "Policies")); err != nil {
		return f, err
	}
	err = readEvents(r, &f, child(properties, "Events"), api)
	return f, err
}

// number reads a whole number from the function, else from Globals, else the service's default.
func number(r *resolver, properties *yaml.Node, name string, otherwise int) (int, error) {
	for _, holder := range []*yaml.Node{properties, r.globals} {
		n := child(holder, name)
		if n == nil {
			continue
		}
		v, err := r.resolve(n)
		if err != nil {
			return 0, err
		}
		if v == nil {
			continue
		}
		text, _ := v.(string)
		count, err := strconv.Atoi(text)
		if err != nil || count < 0 {
			return 0, at(n, "%s must be a whole number", name)
		}
		return count, nil
	}
	return otherwise, nil
}

// environment merges the function's variables over those of Globals.
func environment(r *resolver, properties *yaml.Node) (map[string]string, error) {
	out := map[string]string{}
	for _, holder := range []*yaml.Node{r.globals, properties} {
		n := child(holder, "Environment")
		if n == nil {
			continue
		}
		v, err := r.resolve(n)
		if err != nil {
			return nil, err
		}
		variables, err := texts(n, v)
		if err != nil {
			return nil, err
		}
		maps.Copy(out, variables)
	}
	return out, nil
}

func texts(n *yaml.Node, v any) (map[string]string, error) {
	whole, _ := v.(map[string]any)
	variables, _ := whole["Variables"].(map[string]any)
	out := map[string]string{}
	for name, value := range variables {
		text, ok := value.(string)
		if !ok {
			return nil, at(n, "environment variable %s is not a single value", name)
		}
		out[name] = text
	}
	return out, nil
}

// kebab turns OrdersCreate into orders-create and DBMigrate into db-migrate, as tools/sam/name.sh does.
func kebab(id string) string {
	var b strings.Builder
	letters := []rune(id)
	for i, c := range letters {
		startsWord := unicode.IsUpper(c) && i > 0 &&
			(!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if startsWord {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
