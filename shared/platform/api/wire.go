package api

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/money"
)

// Price is money in a request: "999.99" or 999.99.
type Price struct{ text string }

// Count is a whole number in a request: 3 or "3".
type Count struct{ text string }

// Raw is a JSON object in an answer that somebody else wrote: it is passed on as it is.
type Raw json.RawMessage

// MarshalJSON passes it on; nil is null.
func (r Raw) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() } //nolint:wrapcheck // it cannot fail

// UnmarshalJSON keeps a copy, nil for null.
func (r *Raw) UnmarshalJSON(blob []byte) error {
	*r = nil
	if string(blob) != "null" {
		*r = bytes.Clone(blob)
	}
	return nil
}

// Schema implements huma.SchemaProvider.
func (Raw) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// UnmarshalJSON keeps the text; it is read when the field's name is known.
func (p *Price) UnmarshalJSON(blob []byte) error { p.text = bare(blob); return nil }

// UnmarshalJSON keeps the text; it is read when the field's name is known.
func (c *Count) UnmarshalJSON(blob []byte) error { c.text = bare(blob); return nil }

func bare(blob []byte) string {
	var s string
	if json.Unmarshal(blob, &s) == nil {
		return s
	}
	return string(bytes.TrimSpace(blob))
}

// Schema implements huma.SchemaProvider.
func (Price) Schema(huma.Registry) *huma.Schema { return stringOr(huma.TypeNumber) }

// Schema implements huma.SchemaProvider.
func (Count) Schema(huma.Registry) *huma.Schema { return stringOr(huma.TypeInteger) }

func stringOr(kind string) *huma.Schema {
	longest := 32
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString, MaxLength: &longest}, {Type: kind}}}
}

// Amount reads the price of the field at location, from smallest to largest. Invalid otherwise.
func (p Price) Amount(location string, smallest, largest money.Amount) (money.Amount, error) {
	amount, err := money.Parse(p.text)
	if err != nil {
		return 0, fault.At(location, "%s", err.Error())
	}
	if amount < smallest || amount > largest {
		return 0, fault.At(location, "must be from %s to %s", smallest, largest)
	}
	return amount, nil
}

// Int reads the number of the field at location, from smallest to largest. Invalid otherwise.
func (c Count) Int(location string, smallest, largest int) (int, error) {
	n, err := strconv.Atoi(c.text)
	if err != nil {
		return 0, fault.At(location, "must be a whole number")
	}
	if n < smallest || n > largest {
		return 0, fault.At(location, "must be from %d to %d", smallest, largest)
	}
	return n, nil
}
