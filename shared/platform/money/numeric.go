package money

import (
	"fmt"
	"math/big"

	"github.com/jackc/pgx/v5/pgtype"
)

// NumericValue implements pgtype.NumericValuer: an amount is a numeric(10,2) parameter.
func (a Amount) NumericValue() (pgtype.Numeric, error) {
	return pgtype.Numeric{Int: big.NewInt(int64(a)), Exp: -2, Valid: true}, nil
}

// ScanNumeric implements pgtype.NumericScanner. NULL and more than two decimals are errors.
func (a *Amount) ScanNumeric(n pgtype.Numeric) error {
	if !n.Valid || n.NaN || n.InfinityModifier != pgtype.Finite {
		return fmt.Errorf("money: cannot read %v", n)
	}
	cents := new(big.Int).Set(n.Int)
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(abs(n.Exp+2))), nil)
	if n.Exp >= -2 {
		cents.Mul(cents, scale)
	} else if _, rest := cents.QuoRem(cents, scale, new(big.Int)); rest.Sign() != 0 {
		return fmt.Errorf("money: %v has more than two decimals", n)
	}
	if !cents.IsInt64() {
		return errRange
	}
	*a = Amount(cents.Int64())
	return nil
}

// SkipUnderlyingTypePlan keeps pgx from taking an Amount for the integer that it is made of.
func (Amount) SkipUnderlyingTypePlan() {}

func abs(n int32) int32 {
	if n < 0 {
		return -n
	}
	return n
}
