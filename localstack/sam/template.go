package sam

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"gopkg.in/yaml.v3"
)

// writeVariables writes the file that SAM reads the functions' environment from. Passwords are in it, and everybody sees a
// command line, so that it is a file that only its owner reads.
func writeVariables(path string, functions map[string]map[string]string) error {
	content, err := json.MarshalIndent(functions, "", "  ")
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// declare adds to the built template the variables that the functions get: SAM passes on no other.
func declare(path string, functions map[string]map[string]string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var document struct {
		Resources map[string]map[string]any `yaml:"Resources"`
		Rest      map[string]any            `yaml:",inline"`
	}
	if err := yaml.Unmarshal(content, &document); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for id, environment := range functions {
		properties, ok := document.Resources[id]["Properties"].(map[string]any)
		if !ok {
			return fmt.Errorf("%s has no function %s", path, id)
		}
		declared := map[string]string{}
		for _, name := range slices.Collect(maps.Keys(environment)) {
			declared[name] = ""
		}
		properties["Environment"] = map[string]any{"Variables": declared}
	}
	content, err = yaml.Marshal(document)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}
