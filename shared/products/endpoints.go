package products

import (
	"context"
	"fmt"
	"time"

	"mercato/shared/platform/api"
	"mercato/shared/platform/money"
	"mercato/shared/platform/session"
)

type endpoint[In, Out any] = api.Endpoint[*Service, In, Out]

// Endpoints lists the domain's operations.
func Endpoints() []api.Operation {
	return []api.Operation{PublicList, PublicGet, List, MyHome, Get, Create, Update, Delete, Rebuild}
}

// ProductView is a product on the wire.
type ProductView struct {
	ID          int64        `json:"id" minimum:"1" maximum:"9223372036854775807"`
	Name        string       `json:"name"`
	Price       money.Amount `json:"price" example:"999.99"`
	Category    string       `json:"category"`
	Quantity    int          `json:"quantity" minimum:"0" maximum:"2147483647" doc:"In stock; what orders give back may raise it over what a seller may set"`
	UserID      int64        `json:"user_id" minimum:"1" maximum:"9223372036854775807" doc:"The seller"`
	CreatedAt   time.Time    `json:"created_at"`
	Description string       `json:"description"`
	ImageURL    *string      `json:"image_url" doc:"null without a picture"`
	Seller      string       `json:"seller" doc:"The seller's name"`
	Version     int          `json:"version" minimum:"1" maximum:"2147483647" doc:"Rises with every edit and with every sale; for If-Match"`
}

func (p Product) view() ProductView {
	return ProductView{
		p.ID, p.Name, p.Price, p.Category, p.Quantity, p.UserID, p.CreatedAt.UTC(),
		p.Description, p.ImageURL, p.Seller, p.Version,
	}
}

func views(products []Product) []ProductView {
	list := make([]ProductView, len(products))
	for i, p := range products {
		list[i] = p.view()
	}
	return list
}

// nextPage is the Link header of a list.
func nextPage(p api.Page, path string, products []Product) string {
	if len(products) == 0 {
		return ""
	}
	return p.Next(path, len(products), products[len(products)-1].ID, nil)
}

// List lists the caller's products.
var List = endpoint[ListIn, ListOut]{
	Name: "products-list", Route: "GET /api/products", Summary: "Own products, newest first",
	Allow: session.User, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).list,
}

// MyHome lists what the caller can buy.
var MyHome = endpoint[ListIn, ListOut]{
	Name: "products-my-home", Route: "GET /api/products/my-home", Summary: "Products of others in stock, newest first",
	Allow: session.User, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).myHome,
}

// ListIn is the request.
type ListIn struct{ api.Page }

// ListOut is the answer.
type ListOut struct {
	Link string `header:"Link" doc:"The next page, rel=next"`
	Body []ProductView
}

func (s *Service) list(ctx context.Context, in *ListIn) (*ListOut, error) {
	return in.answer(ctx, "/api/products", s.Own)
}

func (s *Service) myHome(ctx context.Context, in *ListIn) (*ListOut, error) {
	return in.answer(ctx, "/api/products/my-home", s.Others)
}

func (in *ListIn) answer(ctx context.Context, path string, find func(context.Context, int64, int) ([]Product, error)) (*ListOut, error) {
	before, err := in.Before()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	products, err := find(ctx, before, in.Limit)
	if err != nil {
		return nil, err
	}
	return &ListOut{nextPage(in.Page, path, products), views(products)}, nil
}

// Get shows one product.
var Get = endpoint[GetIn, GetOut]{
	Name: "products-get", Route: "GET /api/products/{id}", Summary: "One product; an archived one for its seller only",
	Allow: session.User, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).get,
}

// GetIn is the request.
type GetIn struct {
	ID int64 `path:"id" minimum:"1" maximum:"9223372036854775807"`
}

// GetOut is the answer.
type GetOut struct{ Body ProductView }

func (s *Service) get(ctx context.Context, in *GetIn) (*GetOut, error) {
	p, err := s.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &GetOut{p.view()}, nil
}
