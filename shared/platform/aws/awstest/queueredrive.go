package awstest

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var queueRedrive = map[string]func(*queueTest){
	"redrive/after the last receipt": (*queueTest).redrive,
	"redrive/sources":                (*queueTest).redriveSources,
	"redrive/no such target":         (*queueTest).redriveNowhere,
	"redrive/bad policy":             (*queueTest).redriveBadPolicy,
	"redrive/policy removed":         (*queueTest).redriveRemoved,
	"move/back":                      (*queueTest).moveBack,
	"move/to another queue":          (*queueTest).moveElsewhere,
	"move/not a dead-letter queue":   (*queueTest).moveOther,
	"move/unknown queue":             (*queueTest).moveUnknown,
}

// withDeadLetters gives the queue a dead-letter queue, which takes a message after two receipts, and a visibility
// timeout of 0, so that they need no time.
func (q *queueTest) withDeadLetters() (url *string, arn string) {
	q.Helper()
	url = q.create(unique())
	arn = q.attribute(url, types.QueueAttributeNameQueueArn)
	must(q, q.set(map[string]string{
		"VisibilityTimeout": "0",
		"RedrivePolicy":     `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":2}`,
	}))
	return url, arn
}

// kill receives a message until it is a dead letter.
func (q *queueTest) kill() {
	q.Helper()
	q.one(q.url, 0)
	q.one(q.url, 0)
	q.none(q.url)
}

func (q *queueTest) redrive() {
	dead, _ := q.withDeadLetters()
	sent := q.send("poison")
	q.one(q.url, 0)
	q.one(q.url, 0)
	q.none(dead) // two receipts are allowed
	q.none(q.url)
	got := q.one(dead, 30)
	if *got.Body != "poison" || *got.MessageId != *sent.MessageId ||
		got.Attributes["DeadLetterQueueSourceArn"] != q.attribute(q.url, types.QueueAttributeNameQueueArn) {
		q.Errorf("the dead letter is %+v, sent was %+v", got, sent)
	}
}

func (q *queueTest) redriveSources() {
	dead, _ := q.withDeadLetters()
	out := value(q.client.ListDeadLetterSourceQueues(q.Context(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead}))(q)
	if len(out.QueueUrls) != 1 || out.QueueUrls[0] != *q.url {
		q.Errorf("sources %v, want %s", out.QueueUrls, *q.url)
	}
}

func (q *queueTest) redriveNowhere() {
	coded(q, q.set(map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:` + unique() + `","maxReceiveCount":"2"}`,
	}), "InvalidParameterValue")
}

func (q *queueTest) redriveBadPolicy() {
	_, arn := q.withDeadLetters()
	for _, policy := range []string{`{`, `{"maxReceiveCount":2}`, `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":0}`} {
		if err := q.set(map[string]string{"RedrivePolicy": policy}); err == nil {
			q.Errorf("accepted %s", policy)
		}
	}
}

func (q *queueTest) redriveRemoved() {
	dead, _ := q.withDeadLetters()
	must(q, q.set(map[string]string{"RedrivePolicy": ""}))
	q.send("x")
	for range 4 {
		q.one(q.url, 0)
	}
	q.none(dead)
}

func (q *queueTest) move(source, target string) {
	q.Helper()
	in := &sqs.StartMessageMoveTaskInput{SourceArn: &source}
	if target != "" {
		in.DestinationArn = &target
	}
	value(q.client.StartMessageMoveTask(q.Context(), in))(q)
	for until := time.Now().Add(patience); time.Now().Before(until); {
		out := value(q.client.ListMessageMoveTasks(q.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: &source}))(q)
		if len(out.Results) == 1 && *out.Results[0].Status == "COMPLETED" {
			if out.Results[0].ApproximateNumberOfMessagesMoved != 1 {
				q.Errorf("moved %d messages, want 1", out.Results[0].ApproximateNumberOfMessagesMoved)
			}
			return
		}
		<-time.After(50 * time.Millisecond) // between two looks
	}
	q.Fatal("the task does not end")
}

func (q *queueTest) moveBack() {
	dead, arn := q.withDeadLetters()
	q.send("poison")
	q.kill()
	q.move(arn, "")
	if got := q.one(q.url, 30); *got.Body != "poison" {
		q.Errorf("moved %+v", got)
	}
	q.none(dead)
}

func (q *queueTest) moveElsewhere() {
	_, arn := q.withDeadLetters()
	q.send("poison")
	q.kill()
	other := q.create(unique())
	q.move(arn, q.attribute(other, types.QueueAttributeNameQueueArn))
	q.one(other, 30)
	q.none(q.url)
}

func (q *queueTest) moveOther() {
	arn := q.attribute(q.url, types.QueueAttributeNameQueueArn)
	_, err := q.client.StartMessageMoveTask(q.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: &arn})
	coded(q, err, "InvalidParameterValue")
}

func (q *queueTest) moveUnknown() {
	arn := "arn:aws:sqs:us-east-1:000000000000:" + unique()
	_, err := q.client.StartMessageMoveTask(q.Context(), &sqs.StartMessageMoveTaskInput{SourceArn: &arn})
	refused[*types.ResourceNotFoundException](q, err)
}
