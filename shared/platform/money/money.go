// Package money holds amounts as integer minor units. It never touches a float.
package money

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Amount is a sum in minor units (cents): 99999 is "999.99".
type Amount int64

// Max is what numeric(10,2) holds: 99999999.99.
const Max Amount = 9_999_999_999

var (
	errSyntax = errors.New("must be a decimal number with at most two decimals")
	errRange  = errors.New("is out of range")
)

// Parse reads "999.99", "999.9" or "999", with an optional minus sign.
func Parse(s string) (Amount, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || (dotted && fraction == "") || len(fraction) > 2 {
		return 0, errSyntax
	}
	var cents int64
	for _, c := range whole + (fraction + "00")[:2] {
		if c < '0' || c > '9' {
			return 0, errSyntax
		}
		if cents > (math.MaxInt64-9)/10 {
			return 0, errRange
		}
		cents = cents*10 + int64(c-'0')
	}
	if negative {
		cents = -cents
	}
	return Amount(cents), nil
}

// String writes two decimals: "999.99".
func (a Amount) String() string {
	sign, u := "", uint64(a) //nolint:gosec // the two's complement is undone below
	if a < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

// Times returns a times n; ok is false when that is beyond Max either way.
func (a Amount) Times(n int) (product Amount, ok bool) {
	if a == 0 || n == 0 {
		return 0, true
	}
	product = a * Amount(n)
	if product/Amount(n) != a {
		return 0, false
	}
	return product, product <= Max && product >= -Max
}

// MarshalText implements encoding.TextMarshaler: JSON carries money as a string.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Amount) UnmarshalText(text []byte) (err error) {
	*a, err = Parse(string(text))
	return err
}
