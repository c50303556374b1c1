package event

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// What an order may hold: the limits of the API, checked again where an entry is read.
const (
	MaxLines    = 100
	MaxQuantity = 1000
)

// OrderPlaced asks products to take an order's stock: all of it or nothing.
type OrderPlaced struct {
	Envelope

	OrderID int64
	Lines   []OrderLine
}

// OrderLine is one product of an order. Price is what the buyer was promised, "999.99"; an empty one
// promises nothing.
type OrderLine struct {
	ProductID int64  `json:"product_id"`
	Price     string `json:"price"`
	Quantity  int    `json:"quantity"`
}

// digestForm is the form of digests: the first ones had none, and no prices.
const digestForm = "2:"

// Digest names the products, prices and quantities of lines, in whatever order they come: what was decided for an order
// is compared with what the order holds by it. Its form and 32 hexadecimal digits.
func Digest(lines []OrderLine) string {
	sorted := slices.SortedFunc(slices.Values(lines), func(a, b OrderLine) int { return cmp.Compare(a.ProductID, b.ProductID) })
	h := sha256.New()
	for _, l := range sorted {
		_, _ = fmt.Fprintf(h, "%d:%q:%d,", l.ProductID, l.Price, l.Quantity)
	}
	return digestForm + hex.EncodeToString(h.Sum(nil)[:16])
}

// OtherLines says whether two digests are of different lines. Those of different forms do not tell, nor does an empty one.
func OtherLines(a, b string) bool {
	return a != b && strings.HasPrefix(a, digestForm) && strings.HasPrefix(b, digestForm)
}

// Fields writes the event as an entry of orders_stream.
func (e OrderPlaced) Fields() map[string]string {
	f := e.fields()
	f["order_id"] = strconv.FormatInt(e.OrderID, 10)
	lines, _ := json.Marshal(e.Lines) // numbers and strings: it cannot fail
	f["products"] = string(lines)
	return f
}

// ParseOrderPlaced reads an entry of orders_stream. Its error says why no order could have sent it.
func ParseOrderPlaced(fields map[string]string) (e OrderPlaced, err error) {
	if e.OrderID, err = positive(fields, "order_id", math.MaxInt64); err != nil {
		return e, err
	}
	if e.Envelope, err = envelope(fields, OrdersStream, fields["order_id"]); err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(fields["products"]), &e.Lines); err != nil {
		return e, errors.New("products is not a list of lines")
	}
	return e, checkLines(e.Lines)
}

func checkLines(lines []OrderLine) error {
	if len(lines) < 1 || len(lines) > MaxLines {
		return fmt.Errorf("%d lines", len(lines))
	}
	seen := map[int64]bool{}
	for _, l := range lines {
		switch {
		case l.ProductID < 1:
			return fmt.Errorf("product_id %d", l.ProductID)
		case seen[l.ProductID]:
			return fmt.Errorf("product %d twice", l.ProductID)
		case l.Quantity < 1 || l.Quantity > MaxQuantity:
			return fmt.Errorf("quantity %d of product %d", l.Quantity, l.ProductID)
		}
		seen[l.ProductID] = true
	}
	return nil
}
