package awstest

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Queue checks SQS at the host. The process's environment must hold its login.
func Queue(t *testing.T, h Host) {
	t.Helper()
	run(t, h, queueChecks(), openQueue)
}

// QueueChecks answers the names of what Queue checks.
func QueueChecks() []string { return slices.Sorted(maps.Keys(queueChecks())) }

func queueChecks() map[string]func(*queueTest) {
	checks := map[string]func(*queueTest){}
	for _, some := range []map[string]func(*queueTest){queueAdmin, queueMessages, queueBatches, queueVisibility, queueRedrive, queueClient} {
		maps.Copy(checks, some)
	}
	return checks
}

// A queueTest has a queue of its own.
type queueTest struct {
	*testing.T

	host   Host
	client *sqs.Client
	name   string
	url    *string
}

func openQueue(t *testing.T, h Host) *queueTest {
	t.Helper()
	q := &queueTest{T: t, host: h, name: unique(), client: sqs.New(sqs.Options{
		Region: region, Credentials: h.credentials(), BaseEndpoint: aws.String(h.Endpoint),
	})}
	q.url = q.create(q.name)
	return q
}

// create makes a queue that is deleted when the test ends.
func (q *queueTest) create(name string) *string {
	q.Helper()
	out := value(q.client.CreateQueue(q.Context(), &sqs.CreateQueueInput{QueueName: &name}))(q)
	ctx := context.WithoutCancel(q.Context())
	q.Cleanup(func() {
		_, _ = q.client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: out.QueueUrl}) // some tests have done so
	})
	return out.QueueUrl
}

func (q *queueTest) attribute(url *string, name types.QueueAttributeName) string {
	q.Helper()
	out := value(q.client.GetQueueAttributes(q.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{name},
	}))(q)
	return out.Attributes[string(name)]
}

func (q *queueTest) set(attributes map[string]string) error {
	_, err := q.client.SetQueueAttributes(q.Context(), &sqs.SetQueueAttributesInput{QueueUrl: q.url, Attributes: attributes})
	return err
}

func (q *queueTest) send(body string) *sqs.SendMessageOutput {
	q.Helper()
	return value(q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: &body}))(q)
}

// ask asks for up to ten messages with all that is known of them.
func (q *queueTest) ask(url *string, wait, visibility int32) ([]types.Message, error) {
	out, err := q.client.ReceiveMessage(q.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: wait, VisibilityTimeout: visibility,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		return nil, err
	}
	return out.Messages, nil
}

// one answers the one message that there is, or will be soon. It asks again for longer than a message is hidden at the
// most: on a busy machine a reply can be lost, and the message with it until it shows again.
func (q *queueTest) one(url *string, visibility int32) types.Message {
	q.Helper()
	var messages []types.Message
	for asked := 0; len(messages) == 0 && asked < 3; asked++ {
		messages = value(q.ask(url, 20, visibility))(q)
	}
	if len(messages) != 1 {
		q.Fatalf("received %d messages, want 1", len(messages))
	}
	return messages[0]
}

// none fails when a message is visible.
func (q *queueTest) none(url *string) {
	q.Helper()
	if messages := value(q.ask(url, 0, 30))(q); len(messages) != 0 {
		q.Fatalf("received %q, want nothing", aws.ToString(messages[0].Body))
	}
}

func (q *queueTest) hide(receipt *string, seconds int32) error {
	_, err := q.client.ChangeMessageVisibility(q.Context(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: q.url, ReceiptHandle: receipt, VisibilityTimeout: seconds,
	})
	return err
}

func (q *queueTest) delete(receipt *string) error {
	_, err := q.client.DeleteMessage(q.Context(), &sqs.DeleteMessageInput{QueueUrl: q.url, ReceiptHandle: receipt})
	return err
}
