package sqs_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"go.uber.org/goleak"

	"mercato/localstack/sqs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct hands the SDK's requests to a handler without a network, so that time can be a test's own.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	d.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// A queue is one of a server that a test may stop and start.
type queue struct {
	testing.TB

	directory string
	server    *sqs.Server
	client    *sdk.Client
	url       *string
}

func setup(t *testing.T) *queue {
	t.Helper()
	q := &queue{TB: t, directory: t.TempDir()}
	q.start()
	t.Cleanup(q.stop)
	q.url = q.create("orders", nil)
	return q
}

func (q *queue) start() {
	q.Helper()
	server, err := sqs.Open(q.directory)
	if err != nil {
		q.Fatal(err)
	}
	q.server = server
	q.client = sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://sqs.local"), HTTPClient: direct{server},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), RetryMaxAttempts: 1,
	})
}

func (q *queue) stop() {
	q.Helper()
	if err := q.server.Close(); err != nil {
		q.Error(err)
	}
}

func (q *queue) create(name string, attributes map[string]string) *string {
	q.Helper()
	out, err := q.client.CreateQueue(q.Context(), &sdk.CreateQueueInput{QueueName: &name, Attributes: attributes})
	q.must(err)
	return out.QueueUrl
}

func (q *queue) send(body string) {
	q.Helper()
	_, err := q.client.SendMessage(q.Context(), &sdk.SendMessageInput{QueueUrl: q.url, MessageBody: &body})
	q.must(err)
}

// receive asks for up to ten messages.
func (q *queue) receive(url *string, wait, visibility int32) []types.Message {
	q.Helper()
	out, err := q.client.ReceiveMessage(q.Context(), &sdk.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: wait, VisibilityTimeout: visibility,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, MessageAttributeNames: []string{"All"},
	})
	q.must(err)
	return out.Messages
}

// bodies fails unless the queue at the URL holds these visible messages.
func (q *queue) bodies(url *string, want ...string) []types.Message {
	q.Helper()
	messages := q.receive(url, 0, 30)
	var got []string
	for _, m := range messages {
		got = append(got, *m.Body)
	}
	if !slices.Equal(got, want) {
		q.Fatalf("received %q, want %q", got, want)
	}
	return messages
}

func (q *queue) hide(receipt *string, seconds int32) error {
	_, err := q.client.ChangeMessageVisibility(q.Context(), &sdk.ChangeMessageVisibilityInput{
		QueueUrl: q.url, ReceiptHandle: receipt, VisibilityTimeout: seconds,
	})
	return err
}

func (q *queue) delete(receipt *string) error {
	_, err := q.client.DeleteMessage(q.Context(), &sdk.DeleteMessageInput{QueueUrl: q.url, ReceiptHandle: receipt})
	return err
}

func (q *queue) must(err error) {
	q.Helper()
	if err != nil {
		q.Fatal(err)
	}
}

// is fails unless err is of the SDK's type.
func is[E error](t testing.TB, err error) {
	t.Helper()
	if _, ok := errors.AsType[E](err); !ok {
		t.Errorf("answered %v", err)
	}
}
