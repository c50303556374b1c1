package money_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"mercato/shared/platform/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]money.Amount{
		"999.99": 99999, "0.01": 1, "7": 700, "7.5": 750, "-3.20": -320, "99999999.99": money.Max, "007": 700,
	} {
		if got, err := money.Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", ".5", "5.", "1.234", "1e3", "+1", " 1", "1,5", "NaN", "0x1", "--1", "99999999999999999999"} {
		if got, err := money.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", text, got)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.Int64().Draw(t, "cents"))
		if a > money.Max || a < -money.Max {
			a %= money.Max
		}
		blob, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var b money.Amount
		if err := json.Unmarshal(blob, &b); err != nil || a != b {
			t.Fatalf("%d -> %s -> %d, %v", a, blob, b, err)
		}
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.Int64Range(-int64(money.Max), int64(money.Max)).Draw(t, "amount"))
		n := rapid.IntRange(-1_000_000, 1_000_000).Draw(t, "n")
		want := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(int64(n)))
		fits := want.CmpAbs(big.NewInt(int64(money.Max))) <= 0
		got, ok := a.Times(n)
		if ok != fits || (ok && want.Cmp(big.NewInt(int64(got))) != 0) {
			t.Fatalf("%d times %d = %d, %v; want %v, %v", a, n, got, ok, want, fits)
		}
	})
}
