package orders

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"mercato/shared/platform/api"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/money"
	"mercato/shared/platform/session"
)

// Sale is a seller's part of an order.
type Sale struct {
	OrderID    int64
	Status     Status
	CreatedAt  time.Time
	Buyer      string // his username; a seller learns no more of him
	Items      []Item
	TotalPrice money.Amount // of these items
}

// Sales returns what the caller has sold, newest order first: of at most limit orders, below an id, of a status if one
// is given.
func (s *Service) Sales(ctx context.Context, status Status, before int64, limit int) (list []Sale, err error) {
	caller := session.From(ctx)
	defer fault.Wrap(&err, "orders.Sales(%d)", caller.UserID)
	return salesOf(ctx, s.db, caller.UserID, status, before, limit)
}

// Sales lists what the caller has sold.
var Sales = endpoint[ListIn, SalesOut]{
	Name: "orders-sales", Route: "GET /api/orders/sales", Summary: "Own sales by order, newest first",
	Allow: session.User, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).sales,
}

// SalesOut is the answer.
type SalesOut struct {
	Link string `header:"Link" doc:"The next page, rel=next"`
	Body []SaleView
}

// SaleView is a seller's part of an order on the wire.
type SaleView struct {
	OrderID    int64        `json:"order_id" minimum:"1" maximum:"9223372036854775807"`
	Status     Status       `json:"status"`
	CreatedAt  time.Time    `json:"created_at"`
	Buyer      string       `json:"buyer" doc:"Username"`
	Items      []ItemView   `json:"items" doc:"The caller's lines only"`
	TotalPrice money.Amount `json:"total_price" doc:"Of these lines"`
}

func (s *Service) sales(ctx context.Context, in *ListIn) (*SalesOut, error) {
	before, err := in.Before()
	if err != nil {
		return nil, fmt.Errorf("orders sales: %w", err)
	}
	sales, err := s.Sales(ctx, Status(in.Status), before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &SalesOut{Body: make([]SaleView, len(sales))}
	for i, v := range sales {
		out.Body[i] = SaleView{v.OrderID, v.Status, v.CreatedAt.UTC(), v.Buyer, views(v.Items), v.TotalPrice}
	}
	if n := len(sales); n > 0 {
		out.Link = in.Next("/api/orders/sales", n, sales[n-1].OrderID, url.Values{"status": {in.Status}})
	}
	return out, nil
}
