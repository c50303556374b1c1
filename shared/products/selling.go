package products

import (
	"context"
	"strconv"
	"strings"

	"mercato/shared/platform/api"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/session"
)

// Create lists a product for sale.
var Create = endpoint[CreateIn, EditOut]{
	Name: "products-create", Route: "POST /api/products", Summary: "List a product for sale",
	Allow: session.User, Rate: api.Write, Status: 201, Open: write, Serve: (*Service).create,
}

// CreateIn is the request.
type CreateIn struct{ Body CreateRequest }

// CreateRequest is its body.
type CreateRequest struct {
	Name        string    `json:"name" minLength:"1" doc:"1 to 120 characters, trimmed"`
	Price       api.Price `json:"price" doc:"0.01 to 999999.99"`
	Category    string    `json:"category" minLength:"1" doc:"1 to 60 characters, trimmed"`
	Quantity    api.Count `json:"quantity" doc:"0 to 1000000"`
	Description string    `json:"description,omitempty" maxLength:"5000"`
}

// EditOut is the answer to every edit.
type EditOut struct{ Body EditResponse }

// EditResponse is its body.
type EditResponse struct {
	Message string      `json:"message"`
	Product ProductView `json:"product"`
}

func edited(message string, p Product, err error) (*EditOut, error) {
	if err != nil {
		return nil, err
	}
	return &EditOut{EditResponse{message, p.view()}}, nil
}

func (s *Service) create(ctx context.Context, in *CreateIn) (*EditOut, error) {
	price, err := in.Body.Price.Amount("body.price", MinPrice, MaxPrice)
	if err != nil {
		return nil, err
	}
	quantity, err := in.Body.Quantity.Int("body.quantity", 0, MaxQuantity)
	if err != nil {
		return nil, err
	}
	p, err := s.Offer(ctx, Listing{in.Body.Name, in.Body.Description, in.Body.Category, price, quantity})
	return edited("Product created.", p, err)
}

// Update changes a product.
var Update = endpoint[UpdateIn, EditOut]{
	Name: "products-update", Route: "PATCH /api/products/{id}", Summary: "Change a product",
	Allow: session.User, Rate: api.Write, Status: 200, Open: write, Serve: (*Service).update,
}

// UpdateIn is the request.
type UpdateIn struct {
	ID      int64  `path:"id" minimum:"1" maximum:"9223372036854775807"`
	IfMatch string `header:"If-Match" doc:"The version that the change is meant for, bare or quoted: 412 when the product has another"`
	Body    UpdateRequest
}

// UpdateRequest is its body: at least one field.
type UpdateRequest struct {
	Name        *string    `json:"name,omitempty" minLength:"1" doc:"1 to 120 characters, trimmed"`
	Price       *api.Price `json:"price,omitempty" doc:"0.01 to 999999.99"`
	Category    *string    `json:"category,omitempty" minLength:"1" doc:"1 to 60 characters, trimmed"`
	Quantity    *api.Count `json:"quantity,omitempty" doc:"0 to 1000000: the stock from now on"`
	Description *string    `json:"description,omitempty" maxLength:"5000"`
}

func (s *Service) update(ctx context.Context, in *UpdateIn) (*EditOut, error) {
	seen, err := version(in.IfMatch)
	if err != nil {
		return nil, err
	}
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	p, err := s.Update(ctx, in.ID, change, seen)
	return edited("Product updated.", p, err)
}

func (r UpdateRequest) change() (Change, error) {
	c := Change{Name: r.Name, Description: r.Description, Category: r.Category}
	if r.Price != nil {
		price, err := r.Price.Amount("body.price", MinPrice, MaxPrice)
		if err != nil {
			return Change{}, err
		}
		c.Price = &price
	}
	if r.Quantity != nil {
		quantity, err := r.Quantity.Int("body.quantity", 0, MaxQuantity)
		if err != nil {
			return Change{}, err
		}
		c.Quantity = &quantity
	}
	return c, nil
}

// version reads If-Match: 3 or "3", nil when there is none. Malformed otherwise.
func version(ifMatch string) (*int, error) {
	if ifMatch == "" {
		return nil, nil //nolint:nilnil // a header that was not sent
	}
	bare := ifMatch
	if quoted, ok := strings.CutPrefix(ifMatch, `"`); ok {
		bare, ok = strings.CutSuffix(quoted, `"`)
		if !ok {
			bare = ""
		}
	}
	n, err := strconv.ParseUint(bare, 10, 31)
	if err != nil {
		return nil, fault.Unreadable("header.If-Match", "must be a version, bare or quoted")
	}
	v := int(n)
	return &v, nil
}

// Delete archives a product.
var Delete = endpoint[GetIn, EditOut]{
	Name: "products-delete", Route: "DELETE /api/products/{id}", Summary: "Take a product off the market; orders keep it",
	Allow: session.User, Rate: api.Write, Status: 200, Open: write, Serve: (*Service).remove,
}

func (s *Service) remove(ctx context.Context, in *GetIn) (*EditOut, error) {
	p, err := s.Archive(ctx, in.ID)
	return edited("Product archived.", p, err)
}
