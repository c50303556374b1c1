package awstest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var queueAdmin = map[string]func(*queueTest){
	"admin/create again":       (*queueTest).createAgain,
	"admin/bad name":           (*queueTest).badName,
	"admin/url":                (*queueTest).findURL,
	"admin/list":               (*queueTest).list,
	"admin/pages":              (*queueTest).pages,
	"admin/attributes":         (*queueTest).attributes,
	"admin/unknown attribute":  (*queueTest).unknownAttribute,
	"admin/bad attribute":      (*queueTest).badAttribute,
	"admin/counts":             (*queueTest).counts,
	"admin/purge":              (*queueTest).purge,
	"admin/purge twice":        (*queueTest).purgeTwice,
	"admin/delete":             (*queueTest).deleteQueue,
	"admin/queue wait applies": (*queueTest).queueWait,
}

func (q *queueTest) createAgain() {
	again := value(q.client.CreateQueue(q.Context(), &sqs.CreateQueueInput{QueueName: &q.name}))(q)
	if *again.QueueUrl != *q.url {
		q.Errorf("created again at %s, first at %s", *again.QueueUrl, *q.url)
	}
	_, err := q.client.CreateQueue(q.Context(), &sqs.CreateQueueInput{
		QueueName: &q.name, Attributes: map[string]string{"VisibilityTimeout": "77"},
	})
	refused[*types.QueueNameExists](q, err)
}

func (q *queueTest) badName() {
	_, err := q.client.CreateQueue(q.Context(), &sqs.CreateQueueInput{QueueName: aws.String("a/b")})
	coded(q, err, "InvalidParameterValue")
}

func (q *queueTest) findURL() {
	out := value(q.client.GetQueueUrl(q.Context(), &sqs.GetQueueUrlInput{QueueName: &q.name}))(q)
	if *out.QueueUrl != *q.url || !strings.HasSuffix(*out.QueueUrl, "/"+q.name) {
		q.Errorf("URL %s, created at %s", *out.QueueUrl, *q.url)
	}
	_, err := q.client.GetQueueUrl(q.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(unique())})
	refused[*types.QueueDoesNotExist](q, err)
}

func (q *queueTest) list() {
	out := value(q.client.ListQueues(q.Context(), &sqs.ListQueuesInput{QueueNamePrefix: &q.name}))(q)
	if len(out.QueueUrls) != 1 || out.QueueUrls[0] != *q.url {
		q.Errorf("listed %v, want %s", out.QueueUrls, *q.url)
	}
}

func (q *queueTest) pages() {
	want := []string{*q.create(q.name + "-a"), *q.create(q.name + "-b"), *q.create(q.name + "-c")}
	prefix := q.name + "-"
	first := value(q.client.ListQueues(q.Context(), &sqs.ListQueuesInput{QueueNamePrefix: &prefix, MaxResults: aws.Int32(2)}))(q)
	if len(first.QueueUrls) != 2 || first.NextToken == nil {
		q.Fatalf("first page %v, token %v", first.QueueUrls, first.NextToken)
	}
	rest := value(q.client.ListQueues(q.Context(), &sqs.ListQueuesInput{
		QueueNamePrefix: &prefix, MaxResults: aws.Int32(2), NextToken: first.NextToken,
	}))(q)
	all := slices.Concat(first.QueueUrls, rest.QueueUrls)
	if strings.Join(all, " ") != strings.Join(want, " ") || rest.NextToken != nil {
		q.Errorf("pages %v, token %v, want %v", all, rest.NextToken, want)
	}
}

func (q *queueTest) attributes() {
	out := value(q.client.GetQueueAttributes(q.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: q.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	}))(q).Attributes
	for name, want := range map[string]string{
		"VisibilityTimeout": "30", "DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0",
		"MessageRetentionPeriod": "345600", "QueueArn": "arn:aws:sqs:us-east-1:000000000000:" + q.name,
		"MaximumMessageSize": "1048576",
	} {
		if out[name] != want {
			q.Errorf("%s is %q, want %q", name, out[name], want)
		}
	}
	must(q, q.set(map[string]string{"VisibilityTimeout": "5"}))
	if got := q.attribute(q.url, types.QueueAttributeNameVisibilityTimeout); got != "5" {
		q.Errorf("VisibilityTimeout is %q after it was set to 5", got)
	}
}

func (q *queueTest) unknownAttribute() {
	refused[*types.InvalidAttributeName](q, q.set(map[string]string{"Colour": "red"}))
}

func (q *queueTest) badAttribute() {
	refused[*types.InvalidAttributeValue](q, q.set(map[string]string{"VisibilityTimeout": "43201"}))
	refused[*types.InvalidAttributeValue](q, q.set(map[string]string{"MessageRetentionPeriod": "59"}))
}

func (q *queueTest) counts() {
	for i := range 3 {
		q.send("message " + strconv.Itoa(i))
	}
	value(q.client.ReceiveMessage(q.Context(), &sqs.ReceiveMessageInput{QueueUrl: q.url, WaitTimeSeconds: 20}))(q)
	visible := q.attribute(q.url, types.QueueAttributeNameApproximateNumberOfMessages)
	hidden := q.attribute(q.url, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
	if visible != "2" || hidden != "1" {
		q.Errorf("%s visible and %s hidden, want 2 and 1", visible, hidden)
	}
}

func (q *queueTest) purge() {
	q.send("visible")
	q.one(q.url, 30)
	q.send("another")
	value(q.client.PurgeQueue(q.Context(), &sqs.PurgeQueueInput{QueueUrl: q.url}))(q)
	if got := q.attribute(q.url, types.QueueAttributeNameApproximateNumberOfMessages); got != "0" {
		q.Errorf("%s messages after the purge", got)
	}
	q.none(q.url)
}

func (q *queueTest) purgeTwice() {
	value(q.client.PurgeQueue(q.Context(), &sqs.PurgeQueueInput{QueueUrl: q.url}))(q)
	_, err := q.client.PurgeQueue(q.Context(), &sqs.PurgeQueueInput{QueueUrl: q.url})
	refused[*types.PurgeQueueInProgress](q, err)
}

func (q *queueTest) deleteQueue() {
	value(q.client.DeleteQueue(q.Context(), &sqs.DeleteQueueInput{QueueUrl: q.url}))(q)
	_, err := q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: aws.String("late")})
	refused[*types.QueueDoesNotExist](q, err)
	_, err = q.ask(q.url, 0, 30)
	refused[*types.QueueDoesNotExist](q, err)
}

// queueWait: who does not say how long to wait waits as long as the queue says.
func (q *queueTest) queueWait() {
	must(q, q.set(map[string]string{"ReceiveMessageWaitTimeSeconds": "20", "DelaySeconds": "1"}))
	q.send("in a second")
	if messages := value(q.ask(q.url, 0, 30))(q); len(messages) != 1 {
		q.Errorf("received %d messages, want the delayed one", len(messages))
	}
}
