package orders

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"mercato/shared/event"
	"mercato/shared/platform/api"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
	"mercato/shared/platform/session"
	"mercato/shared/platform/telemetry"
)

// Cancel cancels an order of the caller's own.
var Cancel = endpoint[GetIn, CancelOut]{
	Name: "orders-cancel", Route: "POST /api/orders/{id}/cancel", Summary: "Cancel an own order; its stock goes back",
	Allow: session.User, Rate: api.Write, Status: 202, Open: write, Serve: (*Service).cancel,
}

// CancelOut is the answer.
type CancelOut struct{ Body CancelResponse }

// CancelResponse is its body.
type CancelResponse struct {
	Status Status `json:"status"`
}

func (s *Service) cancel(ctx context.Context, in *GetIn) (*CancelOut, error) {
	status, err := s.Cancel(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &CancelOut{CancelResponse{status}}, nil
}

// Cancel cancels an order of the caller's own, and says where it stands then; that of one that is cancelled already
// changes nothing. NotFound for anybody else's, Conflict (too_late) when it has failed or expired, or was completed
// longer ago than CANCEL_WINDOW.
func (s *Service) Cancel(ctx context.Context, id int64) (status Status, err error) {
	defer fault.Wrap(&err, "orders.Cancel(%d)", id)
	cause := event.Envelope{CorrelationID: telemetry.Correlation(ctx), Traceparent: telemetry.Traceparent(ctx)}
	var now time.Time
	found := map[int64]*Order{}
	var c changes
	err = postgres.Exchange(ctx, s.db, func(b *pgx.Batch) {
		postgres.QueueNow(b, &now)
		askStanding(b, []int64{id}, found)
	}, func(b *pgx.Batch) error {
		o := found[id]
		if o.Status == "" || o.UserID != session.From(ctx).UserID {
			return errNoOrder
		}
		v, err := o.Cancel(now, s.window)
		if err != nil {
			return err
		}
		c.add(o, v, cause)
		s.queue(b, c)
		return nil
	})
	if err != nil {
		return "", err
	}
	s.publisher.Hurry(ctx, c.recalls...)
	return found[id].Status, nil
}
