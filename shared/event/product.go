package event

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxName is how many characters a product's name may have: the limit of the API, checked again where an
// entry is read.
const MaxName = 120

// ProductChanged says what a product is as of a version; higher versions win, whatever their order of
// arrival.
type ProductChanged struct {
	Envelope

	ProductID int64
	Version   int
	Name      string
	Price     string // "999.99"
	SellerID  int64
	Quantity  int
	Archived  bool
}

// Fields writes the event as an entry of products_stream.
func (e ProductChanged) Fields() map[string]string {
	f := e.fields()
	f["product_id"] = strconv.FormatInt(e.ProductID, 10)
	f["version"] = strconv.Itoa(e.Version)
	f["name"], f["price"] = e.Name, e.Price
	f["seller_id"] = strconv.FormatInt(e.SellerID, 10)
	f["quantity"] = strconv.Itoa(e.Quantity)
	f["archived"] = strconv.FormatBool(e.Archived)
	return f
}

// ParseProductChanged reads an entry of products_stream.
func ParseProductChanged(fields map[string]string) (e ProductChanged, err error) {
	if e.ProductID, err = positive(fields, "product_id", math.MaxInt64); err != nil {
		return e, err
	}
	if e.Envelope, err = envelope(fields, ProductsStream, fields["product_id"]+":"+fields["version"]); err != nil {
		return e, err
	}
	version, err := positive(fields, "version", math.MaxInt32)
	if err != nil {
		return e, err
	}
	if e.SellerID, err = positive(fields, "seller_id", math.MaxInt64); err != nil {
		return e, err
	}
	quantity, err := optional(fields, "quantity", math.MaxInt32)
	if err != nil {
		return e, err
	}
	if e.Archived, err = strconv.ParseBool(fields["archived"]); err != nil {
		return e, errors.New("archived is neither true nor false")
	}
	e.Version, e.Quantity, e.Name, e.Price = int(version), int(quantity), fields["name"], fields["price"]
	if n := utf8.RuneCountInString(e.Name); n < 1 || n > MaxName || !utf8.ValidString(e.Name) || strings.ContainsRune(e.Name, 0) {
		return e, fmt.Errorf("name is not 1 to %d characters", MaxName)
	}
	return e, nil
}
