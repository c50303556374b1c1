package event_test

import (
	"testing"

	"mercato/shared/event"
)

func TestDigest(t *testing.T) {
	t.Parallel()
	a, b := event.OrderLine{ProductID: 1, Price: "9.99", Quantity: 2}, event.OrderLine{ProductID: 2, Price: "1.00", Quantity: 1}
	own := event.Digest([]event.OrderLine{a, b})
	if event.OtherLines(own, event.Digest([]event.OrderLine{b, a})) {
		t.Error("another order of the same lines is told apart")
	}
	for name, l := range map[string]event.OrderLine{
		"product": {ProductID: 3, Price: "9.99", Quantity: 2}, "quantity": {ProductID: 1, Price: "9.99", Quantity: 3},
		"price": {ProductID: 1, Price: "9.98", Quantity: 2}, "no price": {ProductID: 1, Quantity: 2},
	} {
		if other := event.Digest([]event.OrderLine{l, b}); !event.OtherLines(own, other) || !event.OtherLines(other, own) {
			t.Errorf("another %s is not told apart", name)
		}
	}
	for name, digest := range map[string]string{"none": "", "of the first form": "9d71e0a794770b74a1d8e9cab540a8fb"} {
		if event.OtherLines(own, digest) || event.OtherLines(digest, own) {
			t.Errorf("%s tells", name)
		}
	}
}
