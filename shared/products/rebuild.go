package products

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"mercato/shared/platform/api"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/outbox"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/session"
	"mercato/shared/platform/stream"
)

// Rebuild tells everyone once more what every product is.
var Rebuild = endpoint[RebuildIn, RebuildOut]{
	Name: "products-catalog-rebuild", Route: "POST /api/products/catalog/rebuild", Summary: "Publish every product again, for the read model",
	Allow: session.OpsReplay, Rate: api.Write, Status: 202, Open: write, Serve: (*Service).rebuild,
}

// RebuildIn is the request.
type RebuildIn struct{}

// RebuildOut is the answer.
type RebuildOut struct{ Body RebuildResponse }

// RebuildResponse is its body.
type RebuildResponse struct {
	Message  string `json:"message"`
	Products int    `json:"products" minimum:"0" doc:"How many are on their way"`
}

func (s *Service) rebuild(ctx context.Context, _ *RebuildIn) (*RebuildOut, error) {
	n, err := s.Republish(ctx)
	if err != nil {
		return nil, err
	}
	return &RebuildOut{RebuildResponse{"The catalogue is being rebuilt.", n}}, nil
}

// republished is how many products one transaction publishes: it takes about 50 ms, for which nobody can buy them.
const republished = 1000

// Republish queues the present state of every product for publication, of the archived ones too, and returns their
// number. When it is cut short, some are queued: doing it again does no harm, for readers keep what is newest.
func (s *Service) Republish(ctx context.Context) (n int, err error) {
	defer fault.Wrap(&err, "products.Republish()")
	for after := int64(0); ; {
		products, err := s.republish(ctx, after)
		if err != nil {
			return n, err
		}
		if n += len(products); len(products) < republished {
			return n, nil
		}
		after = products[len(products)-1].ID
	}
}

// republish queues the next products behind an id, due at once, and returns them; the first are audited.
func (s *Service) republish(ctx context.Context, after int64) (products []Product, err error) {
	var now time.Time
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		askAfter(b, after, republished, &products)
		postgres.QueueClock(b, &now)
		if after == 0 {
			insertAudit(b, session.From(ctx).UserID, "catalog.rebuild", "catalog", "every product is published again")
		}
	}, func(b *pgx.Batch) error {
		news := make([]stream.Message, len(products))
		for i, p := range products {
			news[i] = changed(ctx, p, now)
		}
		outbox.Outbox{Schema: schema}.Queue(b, news...)
		return nil
	})
	return products, err
}
