package awstest

import (
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"mercato/shared/platform"
	ours "mercato/shared/platform/aws/sqs"
	"mercato/shared/platform/fault"
)

var queueClient = map[string]func(*queueTest){
	"client/round trip":  (*queueTest).clientRoundTrip,
	"client/many":        (*queueTest).clientMany,
	"client/hide":        (*queueTest).clientHide,
	"client/visibility":  (*queueTest).clientVisibility,
	"client/unavailable": (*queueTest).clientUnavailable,
	"client/needs":       (*queueTest).clientNeeds,
}

// ours is the queue as a function sees it, under the name that its variable belongs to.
func (q *queueTest) ours(name, variable string) platform.Queue {
	q.Helper()
	return q.host.env(q.T, map[string]string{variable: *q.url}, ours.Client).Queue(name)
}

func (q *queueTest) dlq() platform.Queue {
	q.Helper()
	return q.ours("orders-dlq", "ORDERS_DLQ_URL")
}

func (q *queueTest) clientRoundTrip() {
	queue := q.ours("orders-parking", "ORDERS_PARKING_URL")
	must(q, queue.Send(q.Context(), "Grüße"))
	got := value(queue.Receive(q.Context(), 100, time.Minute, time.Minute))(q)
	if len(got) != 1 || got[0].Body != "Grüße" || got[0].Receives != 1 || got[0].ID == "" {
		q.Fatalf("received %+v", got)
	}
	must(q, queue.Delete(q.Context(), got[0].Receipt))
	q.none(q.url)
	must(q, queue.Delete(q.Context()))
}

func (q *queueTest) clientMany() {
	queue := q.dlq()
	for i := range 12 {
		must(q, queue.Send(q.Context(), strconv.Itoa(i)))
	}
	var receipts []string
	for range 12 { // a receive may answer fewer than there are
		for _, m := range value(queue.Receive(q.Context(), 10, time.Second, time.Minute))(q) {
			receipts = append(receipts, m.Receipt)
		}
		if len(receipts) == 12 {
			break
		}
	}
	if err := queue.Delete(q.Context(), slices.Insert(receipts, 3, "nonsense")...); fault.KindOf(err) != fault.Unavailable {
		q.Errorf("deleting with a bad receipt: %v", err)
	}
	if left := q.attribute(q.url, "ApproximateNumberOfMessagesNotVisible"); left != "0" {
		q.Errorf("%s of 12 messages are left", left)
	}
}

func (q *queueTest) clientHide() {
	queue := q.dlq()
	must(q, queue.Send(q.Context(), "x"))
	got := value(queue.Receive(q.Context(), 1, 20*time.Second, time.Hour))(q)
	must(q, queue.Hide(q.Context(), got[0].Receipt, 0))
	again := value(queue.Receive(q.Context(), 1, 20*time.Second, time.Hour))(q)
	if len(again) != 1 || again[0].Receives != 2 {
		q.Errorf("received %+v", again)
	}
	if err := queue.Hide(q.Context(), "nonsense", time.Second); fault.KindOf(err) != fault.Unavailable {
		q.Errorf("hiding by a bad receipt: %v", err)
	}
}

// clientVisibility: part of a second is a whole one, and 0 is what the queue says.
func (q *queueTest) clientVisibility() {
	must(q, q.set(map[string]string{"VisibilityTimeout": "0"}))
	queue := q.dlq()
	must(q, queue.Send(q.Context(), "x"))
	value(queue.Receive(q.Context(), 1, 20*time.Second, 0))(q)
	value(queue.Receive(q.Context(), 1, 20*time.Second, time.Millisecond))(q)
	if got := q.attribute(q.url, "ApproximateNumberOfMessagesNotVisible"); got != "1" {
		q.Errorf("%s messages are hidden", got)
	}
}

func (q *queueTest) clientUnavailable() {
	queue := q.dlq()
	value(q.client.DeleteQueue(q.Context(), &sqs.DeleteQueueInput{QueueUrl: q.url}))(q)
	_, err := queue.Receive(q.Context(), 1, 0, 0)
	for doing, err := range map[string]error{
		"Send": queue.Send(q.Context(), "x"), "Receive": err,
		"Delete": queue.Delete(q.Context(), "x"), "Hide": queue.Hide(q.Context(), "x", 0),
	} {
		if fault.KindOf(err) != fault.Unavailable || err.Error() == "" {
			q.Errorf("%s: %v, want Unavailable", doing, err)
		}
	}
}

func (q *queueTest) clientNeeds() {
	env := platform.Recording()
	if env.Queue("orders-dlq") != nil || !slices.Equal(env.Needs(), []string{"queue:orders-dlq"}) {
		q.Errorf("needs %v", env.Needs())
	}
}
