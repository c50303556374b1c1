package awstest

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var queueVisibility = map[string]func(*queueTest){
	"visibility/hides":                  (*queueTest).hides,
	"visibility/the queue's own":        (*queueTest).queueVisibility,
	"visibility/give back":              (*queueTest).giveBack,
	"visibility/shorten":                (*queueTest).shorten,
	"visibility/not in flight":          (*queueTest).notInFlight,
	"visibility/too long":               (*queueTest).hideTooLong,
	"visibility/longer in total":        (*queueTest).hideLongerInTotal,
	"visibility/of a deleted message":   (*queueTest).hideDeleted,
	"receipt/delete twice":              (*queueTest).deleteTwice,
	"receipt/late, but the last":        (*queueTest).deleteLate,
	"receipt/older deletes nothing":     (*queueTest).deleteOlder,
	"receipt/older hides nothing":       (*queueTest).hideOlder,
	"receipt/nonsense":                  (*queueTest).nonsense,
	"receipt/of another queue":          (*queueTest).otherQueue,
	"receipt/differs from time to time": (*queueTest).receiptsDiffer,
}

func (q *queueTest) hides() {
	q.send("x")
	q.one(q.url, 30)
	q.none(q.url)
}

func (q *queueTest) queueVisibility() {
	must(q, q.set(map[string]string{"VisibilityTimeout": "0"}))
	q.send("x")
	for range 3 { // the SDK sends no 0: the queue's timeout applies
		q.one(q.url, 0)
	}
}

func (q *queueTest) giveBack() {
	q.send("x")
	first := q.one(q.url, 30)
	must(q, q.hide(first.ReceiptHandle, 0))
	if again := q.one(q.url, 30); *again.MessageId != *first.MessageId || again.Attributes["ApproximateReceiveCount"] != "2" {
		q.Errorf("received %+v", again)
	}
}

func (q *queueTest) shorten() {
	q.send("x")
	got := q.one(q.url, 3600)
	must(q, q.hide(got.ReceiptHandle, 1))
	q.one(q.url, 30) // within the 20 s that it polls
}

func (q *queueTest) notInFlight() {
	q.send("x")
	got := q.one(q.url, 30)
	must(q, q.hide(got.ReceiptHandle, 0))
	refused[*types.MessageNotInflight](q, q.hide(got.ReceiptHandle, 10))
}

func (q *queueTest) hideTooLong() {
	q.send("x")
	got := q.one(q.url, 30)
	coded(q, q.hide(got.ReceiptHandle, 43201), "InvalidParameterValue")
}

// hideLongerInTotal: twelve hours count from the receipt, not from the last change.
func (q *queueTest) hideLongerInTotal() {
	q.send("x")
	got := q.one(q.url, 1)
	coded(q, q.hide(got.ReceiptHandle, 43200), "InvalidParameterValue")
}

func (q *queueTest) hideDeleted() {
	q.send("x")
	got := q.one(q.url, 30)
	must(q, q.delete(got.ReceiptHandle))
	coded(q, q.hide(got.ReceiptHandle, 10), "InvalidParameterValue")
}

func (q *queueTest) deleteTwice() {
	q.send("x")
	got := q.one(q.url, 30)
	must(q, q.delete(got.ReceiptHandle))
	must(q, q.delete(got.ReceiptHandle))
}

func (q *queueTest) deleteLate() {
	q.send("x")
	got := q.one(q.url, 30)
	must(q, q.hide(got.ReceiptHandle, 0))
	must(q, q.delete(got.ReceiptHandle))
	q.none(q.url)
}

func (q *queueTest) deleteOlder() {
	q.send("x")
	older := q.one(q.url, 30)
	must(q, q.hide(older.ReceiptHandle, 0))
	last := q.one(q.url, 30)
	must(q, q.delete(older.ReceiptHandle)) // it succeeds
	must(q, q.hide(last.ReceiptHandle, 0))
	q.one(q.url, 30)
}

func (q *queueTest) hideOlder() {
	q.send("x")
	older := q.one(q.url, 30)
	must(q, q.hide(older.ReceiptHandle, 0))
	q.one(q.url, 30)
	coded(q, q.hide(older.ReceiptHandle, 0), "InvalidParameterValue")
}

func (q *queueTest) nonsense() {
	refused[*types.ReceiptHandleIsInvalid](q, q.delete(aws.String("nonsense")))
	refused[*types.ReceiptHandleIsInvalid](q, q.hide(aws.String("nonsense"), 1))
}

func (q *queueTest) otherQueue() {
	q.send("x")
	got := q.one(q.url, 30)
	q.url = q.create(unique())
	refused[*types.ReceiptHandleIsInvalid](q, q.delete(got.ReceiptHandle))
}

func (q *queueTest) receiptsDiffer() {
	q.send("x")
	first := q.one(q.url, 30)
	must(q, q.hide(first.ReceiptHandle, 0))
	if again := q.one(q.url, 30); *again.ReceiptHandle == *first.ReceiptHandle {
		q.Error("two receipts have one handle")
	}
}
