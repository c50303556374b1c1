package awstest

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var queueBatches = map[string]func(*queueTest){
	"batch/send":             (*queueTest).batchSend,
	"batch/send in part":     (*queueTest).batchInPart,
	"batch/whose fault":      (*queueTest).batchFault,
	"batch/empty":            (*queueTest).batchEmpty,
	"batch/too many":         (*queueTest).batchTooMany,
	"batch/ids not distinct": (*queueTest).batchNotDistinct,
	"batch/bad id":           (*queueTest).batchBadID,
	"batch/too long":         (*queueTest).batchTooLong,
	"batch/delete":           (*queueTest).batchDelete,
	"batch/hide":             (*queueTest).batchHide,
}

func entries(ids ...string) []types.SendMessageBatchRequestEntry {
	all := []types.SendMessageBatchRequestEntry{}
	for _, id := range ids {
		all = append(all, types.SendMessageBatchRequestEntry{Id: aws.String(id), MessageBody: aws.String("body of " + id)})
	}
	return all
}

func numbers(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, strconv.Itoa(i))
	}
	return ids
}

func (q *queueTest) sendBatch(batch []types.SendMessageBatchRequestEntry) (*sqs.SendMessageBatchOutput, error) {
	return q.client.SendMessageBatch(q.Context(), &sqs.SendMessageBatchInput{QueueUrl: q.url, Entries: batch})
}

func (q *queueTest) batchSend() {
	out := value(q.sendBatch(entries(numbers(10)...)))(q)
	if len(out.Successful) != 10 || len(out.Failed) != 0 || *out.Successful[3].Id != "3" {
		q.Fatalf("answered %+v", out)
	}
	bodies := map[string]bool{}
	for range 10 { // a receive may answer fewer than there are
		for _, m := range value(q.ask(q.url, 1, 30))(q) {
			bodies[*m.Body] = true
		}
		if len(bodies) == 10 {
			return
		}
	}
	q.Errorf("received %d of 10", len(bodies))
}

func (q *queueTest) batchInPart() {
	batch := entries("good", "bad", "better")
	batch[1].MessageBody = aws.String("\x00")
	out := value(q.sendBatch(batch))(q)
	if len(out.Successful) != 2 || *out.Successful[1].Id != "better" || len(out.Failed) != 1 || *out.Failed[0].Id != "bad" {
		q.Errorf("answered %+v", out)
	}
}

func (q *queueTest) batchFault() {
	batch := entries("late")
	batch[0].DelaySeconds = 901
	out := value(q.sendBatch(batch))(q)
	if len(out.Failed) != 1 || !out.Failed[0].SenderFault || !strings.HasSuffix(*out.Failed[0].Code, "InvalidParameterValue") {
		q.Errorf("answered %+v", out)
	}
}

func (q *queueTest) batchEmpty() {
	_, err := q.sendBatch(entries())
	refused[*types.EmptyBatchRequest](q, err)
	_, err = q.client.DeleteMessageBatch(q.Context(), &sqs.DeleteMessageBatchInput{QueueUrl: q.url, Entries: []types.DeleteMessageBatchRequestEntry{}})
	refused[*types.EmptyBatchRequest](q, err)
}

func (q *queueTest) batchTooMany() {
	_, err := q.sendBatch(entries(numbers(11)...))
	refused[*types.TooManyEntriesInBatchRequest](q, err)
}

func (q *queueTest) batchNotDistinct() {
	_, err := q.sendBatch(entries("a", "b", "a"))
	refused[*types.BatchEntryIdsNotDistinct](q, err)
}

func (q *queueTest) batchBadID() {
	_, err := q.sendBatch(entries("a b"))
	refused[*types.InvalidBatchEntryId](q, err)
}

func (q *queueTest) batchTooLong() {
	batch := entries("a", "b")
	for i := range batch {
		batch[i].MessageBody = aws.String(strings.Repeat("x", 600<<10))
	}
	_, err := q.sendBatch(batch)
	refused[*types.BatchRequestTooLong](q, err)
	q.none(q.url)
}

func (q *queueTest) batchDelete() {
	q.send("gone")
	got := q.one(q.url, 30)
	out := value(q.client.DeleteMessageBatch(q.Context(), &sqs.DeleteMessageBatchInput{
		QueueUrl: q.url, Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: aws.String("good"), ReceiptHandle: got.ReceiptHandle},
			{Id: aws.String("bad"), ReceiptHandle: aws.String("nonsense")},
		},
	}))(q)
	if len(out.Successful) != 1 || len(out.Failed) != 1 || *out.Failed[0].Id != "bad" || !strings.HasSuffix(*out.Failed[0].Code, "ReceiptHandleIsInvalid") {
		q.Errorf("answered %+v", out)
	}
}

func (q *queueTest) batchHide() {
	q.send("here again")
	got := q.one(q.url, 30)
	out := value(q.client.ChangeMessageVisibilityBatch(q.Context(), &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: q.url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("good"), ReceiptHandle: got.ReceiptHandle, VisibilityTimeout: 0},
			{Id: aws.String("bad"), ReceiptHandle: aws.String("nonsense"), VisibilityTimeout: 0},
		},
	}))(q)
	if len(out.Successful) != 1 || len(out.Failed) != 1 {
		q.Errorf("answered %+v", out)
	}
	q.one(q.url, 30)
}
