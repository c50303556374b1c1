package products

import (
	"time"

	"mercato/shared/event"
	"mercato/shared/platform/stream"
)

// answersTo makes the answers to orders that were decided now.
func answersTo(decisions []Decision, now time.Time) []stream.Message {
	answers := make([]stream.Message, len(decisions))
	for i, d := range decisions {
		answers[i] = answer(event.OrderDecided{
			OrderID: d.Order.OrderID, Status: d.status(), Reason: d.Reason, Lines: event.Digest(d.Order.Lines), Changes: d.Changes,
		}, d.Order.Envelope, now)
	}
	return answers
}

// refusals answers each forestalled order once, for which nothing is held and nothing will be: somebody, its buyer or
// not, has cancelled it before it came, or has placed another under its id. For one that is decided now, something may be.
func refusals(known []event.OrderPlaced, granted map[int64]string, forestalled map[int64]bool, now time.Time) (answers []stream.Message) {
	for _, o := range known {
		if forestalled[o.OrderID] && granted[o.OrderID] == "" {
			delete(forestalled, o.OrderID)
			answers = append(answers, answer(event.OrderDecided{OrderID: o.OrderID, Status: event.Released}, o.Envelope, now))
		}
	}
	return answers
}

// answer makes the message of an answer to an event.
func answer(e event.OrderDecided, to event.Envelope, now time.Time) stream.Message {
	e.InReplyTo = to.ID
	e.Envelope = event.Envelope{CorrelationID: to.CorrelationID, Traceparent: to.Traceparent, UserID: to.UserID, OccurredAt: now}
	return stream.NewMessage(event.InventoryStream, e.Fields())
}
