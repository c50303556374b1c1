package outbox

import "encoding/json"

// object writes fields as JSON. Most are plain words and numbers, and encoding/json spends most of its time for a map
// on sorting names that nobody reads in order.
func object(fields map[string]string) string {
	b := make([]byte, 0, 512) // an answer has 400 bytes
	b = append(b, '{')
	for name, value := range fields {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendText(b, name)
		b = append(b, ':')
		b = appendText(b, value)
	}
	return string(append(b, '}'))
}

// appendText leaves everything that needs an escape to encoding/json.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(text) // a string: it cannot fail
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}
