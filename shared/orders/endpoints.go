package orders

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"mercato/shared/platform/api"
	"mercato/shared/platform/money"
	"mercato/shared/platform/session"
)

type endpoint[In, Out any] = api.Endpoint[*Service, In, Out]

// Endpoints lists the domain's operations.
func Endpoints() []api.Operation {
	return []api.Operation{Create, List, Get, Cancel, Sales}
}

// Create places an order.
var Create = endpoint[CreateIn, CreateOut]{
	Name: "orders-create", Route: "POST /api/orders", Summary: "Place an order",
	Allow: session.User, Rate: api.Order, Status: 201, Open: write, Serve: (*Service).create,
}

// CreateIn is the request.
type CreateIn struct {
	Key     string `header:"Idempotency-Key" minLength:"16" maxLength:"255" pattern:"^[!-~]+$" patternDescription:"printable characters without spaces" doc:"The same key places the same order once"`
	RawBody []byte
	Body    CreateRequest
}

// CreateRequest is its body. What the buyer says of prices is his expectation; of the status, nothing.
type CreateRequest struct {
	TotalPrice *api.Price   `json:"total_price,omitempty" doc:"Refused when it is not the sum of the prices sent"`
	Status     any          `json:"status,omitempty" doc:"Ignored"`
	Items      []CreateLine `json:"items" minItems:"1" maxItems:"100"`
}

// CreateLine is one product of it.
type CreateLine struct {
	ProductID int64      `json:"product_id" minimum:"1" maximum:"9223372036854775807"`
	Price     *api.Price `json:"price,omitempty" doc:"What the buyer saw; when it is no longer so, the order is refused"`
	Quantity  int        `json:"quantity" minimum:"1" maximum:"1000"`
}

// CreateOut is the answer.
type CreateOut struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true when the key had placed the order before"`
	Body     CreateResponse
}

// CreateResponse is its body.
type CreateResponse struct {
	Message    string       `json:"message"`
	OrderID    int64        `json:"orderId" minimum:"1" maximum:"9223372036854775807"`
	ItemCount  int          `json:"itemCount" minimum:"1" maximum:"100" doc:"Lines"`
	Status     Status       `json:"status"`
	TotalPrice money.Amount `json:"total_price"`
}

func (s *Service) create(ctx context.Context, in *CreateIn) (*CreateOut, error) {
	wishes, err := in.Body.wishes()
	if err != nil {
		return nil, err
	}
	o, replayed, err := s.Place(ctx, Placement{Wishes: wishes, Key: in.Key, Body: in.RawBody})
	if err != nil {
		return nil, err
	}
	out := &CreateOut{Body: CreateResponse{"Order placed.", o.ID, o.ItemCount, o.Status, o.TotalPrice}}
	if replayed {
		out.Replayed = "true"
	}
	return out, nil
}

func (r CreateRequest) wishes() ([]Wish, error) {
	wishes := make([]Wish, len(r.Items))
	for i, l := range r.Items {
		expected, err := amount(l.Price, at(i, "price"))
		if err != nil {
			return nil, err
		}
		wishes[i] = Wish{l.ProductID, l.Quantity, expected}
	}
	total, err := amount(r.TotalPrice, "body.total_price")
	if err != nil {
		return nil, err
	}
	return wishes, CheckWishes(wishes, total)
}

func amount(p *api.Price, location string) (*money.Amount, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // a price that was not sent
	}
	a, err := p.Amount(location, 1, money.Max)
	return &a, err
}

// List lists the caller's orders.
var List = endpoint[ListIn, ListOut]{
	Name: "orders-list", Route: "GET /api/orders", Summary: "Own orders, newest first",
	Allow: session.User, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).list,
}

// ListIn is the request.
type ListIn struct {
	api.Page

	Status string `query:"status" enum:"PENDING,COMPLETED,FAILED,CANCELLED,EXPIRED" doc:"Only orders that stand so"`
}

// ListOut is the answer.
type ListOut struct {
	Link string `header:"Link" doc:"The next page, rel=next"`
	Body []OrderView
}

// OrderView is an order on the wire.
type OrderView struct {
	ID         int64        `json:"id" minimum:"1" maximum:"9223372036854775807"`
	Status     Status       `json:"status"`
	Reason     string       `json:"reason,omitempty" doc:"Why it failed: out_of_stock, price_changed, product_gone; why it was cancelled: buyer, mismatch; why it expired: no_answer"`
	TotalPrice money.Amount `json:"total_price"`
	ItemCount  int          `json:"item_count" minimum:"1" maximum:"100" doc:"Lines"`
	CreatedAt  time.Time    `json:"created_at"`
}

func (o Order) view() OrderView {
	return OrderView{o.ID, o.Status, o.Reason, o.TotalPrice, o.ItemCount, o.CreatedAt.UTC()}
}

func (s *Service) list(ctx context.Context, in *ListIn) (*ListOut, error) {
	before, err := in.Before()
	if err != nil {
		return nil, fmt.Errorf("orders list: %w", err)
	}
	orders, err := s.List(ctx, Status(in.Status), before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &ListOut{Body: make([]OrderView, len(orders))}
	for i, o := range orders {
		out.Body[i] = o.view()
	}
	if n := len(orders); n > 0 {
		out.Link = in.Next("/api/orders", n, orders[n-1].ID, url.Values{"status": {in.Status}})
	}
	return out, nil
}

// Get shows one order.
var Get = endpoint[GetIn, GetOut]{
	Name: "orders-get", Route: "GET /api/orders/{id}", Summary: "One order with its lines and timeline",
	Allow: session.User, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).get,
}

// GetIn is the request.
type GetIn struct {
	ID int64 `path:"id" minimum:"1" maximum:"9223372036854775807"`
}

// GetOut is the answer.
type GetOut struct {
	Body GetResponse
}

// GetResponse is its body.
type GetResponse struct {
	Order    OrderView    `json:"order"`
	Items    []ItemView   `json:"items"`
	Timeline []MomentView `json:"timeline"`
}

// ItemView is a line on the wire.
type ItemView struct {
	ProductID int64        `json:"product_id" minimum:"1" maximum:"9223372036854775807"`
	Name      string       `json:"name"`
	Price     money.Amount `json:"price"`
	Quantity  int          `json:"quantity" minimum:"1" maximum:"1000"`
	SellerID  int64        `json:"seller_id" minimum:"1" maximum:"9223372036854775807"`
}

// MomentView is a line of the timeline on the wire.
type MomentView struct {
	At     time.Time `json:"at"`
	Status Status    `json:"status"`
	Reason string    `json:"reason,omitempty"`
}

func (s *Service) get(ctx context.Context, in *GetIn) (*GetOut, error) {
	d, err := s.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &GetOut{GetResponse{d.Order.view(), views(d.Items), make([]MomentView, len(d.Timeline))}}
	for i, m := range d.Timeline {
		out.Body.Timeline[i] = MomentView{m.At.UTC(), m.Status, m.Reason}
	}
	return out, nil
}

func views(items []Item) []ItemView {
	list := make([]ItemView, len(items))
	for i, item := range items {
		list[i] = ItemView{item.ProductID, item.Name, item.Price, item.Quantity, item.SellerID}
	}
	return list
}
