package deadletter

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Fields are an entry's, which may hold any bytes. As JSON, a name or value that is no text for Postgres and SQS
// both is kept as "base64:" and its bytes, and so is one that begins with that word: nothing is lost.
type Fields map[string]string

const encoded = "base64:"

// MarshalJSON implements json.Marshaler.
func (f Fields) MarshalJSON() ([]byte, error) {
	texts := make(map[string]string, len(f))
	for name, value := range f {
		texts[encode(name)] = encode(value)
	}
	return json.Marshal(texts) //nolint:wrapcheck // texts: it cannot fail
}

// UnmarshalJSON implements json.Unmarshaler. It refuses what MarshalJSON would have written otherwise.
func (f *Fields) UnmarshalJSON(blob []byte) error {
	var texts map[string]string
	if err := json.Unmarshal(blob, &texts); err != nil {
		return fmt.Errorf("fields: %w", err)
	}
	fields := make(Fields, len(texts))
	for name, value := range texts {
		n, err := decode(name)
		if err != nil {
			return err
		}
		if fields[n], err = decode(value); err != nil {
			return err
		}
	}
	*f = fields
	return nil
}

func encode(s string) string {
	if plain(s) && !strings.HasPrefix(s, encoded) {
		return s
	}
	return encoded + base64.StdEncoding.EncodeToString([]byte(s))
}

func decode(s string) (string, error) {
	text, found := strings.CutPrefix(s, encoded)
	if !found {
		return s, nil
	}
	blob, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || encode(string(blob)) != s {
		return "", fmt.Errorf("%.40q is not what an entry's field is written as", s)
	}
	return string(blob), nil
}

// plain says whether Postgres and SQS both take s as text: UTF-8, no NUL (Postgres), no U+FFFE and U+FFFF (SQS).
// The other characters that SQS refuses are escaped in JSON.
func plain(s string) bool { return utf8.ValidString(s) && !strings.ContainsAny(s, "\x00\ufffe\uffff") }
