package ops

import (
	"encoding/json"
	"reflect"
	"strings"
)

// nullOf names a field of the struct T that a JSON object gives as null, or none. Null is no value, and encoding/json takes it
// for an absent one: a filter that is null would be no filter, and all letters would be meant.
func nullOf[T any](blob []byte) string {
	var given map[string]json.RawMessage
	if json.Unmarshal(blob, &given) != nil {
		return "" // whoever reads a T of it finds that too
	}
	for field := range reflect.TypeFor[T]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		for key, raw := range given {
			if string(raw) == "null" && name != "" && strings.EqualFold(key, name) { // encoding/json reads it so
				return name
			}
		}
	}
	return ""
}
