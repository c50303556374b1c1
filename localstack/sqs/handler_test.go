package sqs_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"mercato/localstack/sqs"
)

func post(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nobody waits for a long poll
	r := httptest.NewRequestWithContext(ctx, method, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder
}

func TestHandler_refuses(t *testing.T) {
	t.Parallel()
	q := setup(t)
	for name, c := range map[string]struct {
		method, target, body string
		status               int
		kind                 string
	}{
		"another method":    {"GET", "AmazonSQS.ListQueues", "", 400, "UnknownOperationException"},
		"another service":   {"POST", "secretsmanager.GetSecretValue", "{}", 400, "UnknownOperationException"},
		"another operation": {"POST", "AmazonSQS.AddPermission", "{}", 400, "UnknownOperationException"},
		"no target":         {"POST", "", "{}", 400, "UnknownOperationException"},
		"half a body":       {"POST", "AmazonSQS.SendMessage", `{"QueueUrl":`, 400, "SerializationException"},
		"another type":      {"POST", "AmazonSQS.SendMessage", `{"MessageBody":1}`, 400, "SerializationException"},
		"no queue":          {"POST", "AmazonSQS.SendMessage", `{}`, 400, "MissingRequiredParameter"},
		"no such address":   {"POST", "AmazonSQS.SendMessage", `{"QueueUrl":"orders"}`, 400, "InvalidAddress"},
		"no body":           {"POST", "AmazonSQS.SendMessage", `{"QueueUrl":"` + *q.url + `"}`, 400, "MissingRequiredParameter"},
		"no receipt":        {"POST", "AmazonSQS.DeleteMessage", `{"QueueUrl":"` + *q.url + `"}`, 400, "MissingRequiredParameter"},
		"a page's token":    {"POST", "AmazonSQS.ListQueues", `{"NextToken":"%"}`, 400, "InvalidParameterValueException"},
		"eight megabytes":   {"POST", "AmazonSQS.SendMessage", strings.Repeat(" ", 8<<20), 413, "RequestEntityTooLarge"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := post(q.server, c.method, c.target, c.body)
			if got.Code != c.status || !strings.Contains(got.Body.String(), `"com.amazonaws.sqs#`+c.kind+`"`) ||
				!strings.HasSuffix(got.Header().Get("X-Amzn-Query-Error"), ";Sender") {
				t.Errorf("answered %d %s %v, want %s", got.Code, got.Body, got.Header(), c.kind)
			}
		})
	}
}

func TestFIFO_isRefused(t *testing.T) {
	t.Parallel()
	q := setup(t)
	for name, attributes := range map[string]map[string]string{
		"orders.fifo": {"FifoQueue": "true"}, "others.fifo": nil, "plain": {"FifoQueue": "true"},
	} {
		_, err := q.client.CreateQueue(q.Context(), &sdk.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes})
		is[*types.UnsupportedOperation](t, err)
	}
	_, err := q.client.SendMessage(q.Context(), &sdk.SendMessageInput{
		QueueUrl: q.url, MessageBody: aws.String("x"), MessageDeduplicationId: aws.String("1"),
	})
	if err == nil {
		t.Error("a standard queue does not deduplicate")
	}
}

// TestHandler_olderCodes: alarms and scripts know errors by the codes of the protocol before this one.
func TestHandler_olderCodes(t *testing.T) {
	t.Parallel()
	q := setup(t)
	got := post(q.server, "POST", "AmazonSQS.GetQueueUrl", `{"QueueName":"absent"}`).Header().Get("X-Amzn-Query-Error")
	if want := "AWS.SimpleQueueService.NonExistentQueue;Sender"; got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
}

func TestReceive_forNobody(t *testing.T) {
	t.Parallel()
	q := setup(t)
	post(q.server, "POST", "AmazonSQS.ReceiveMessage", `{"QueueUrl":"`+*q.url+`","WaitTimeSeconds":20}`) // answers at once
	q.send("x")
	q.bodies(q.url, "x")
}

// FuzzHandler: no request makes it panic, wait or fail.
func FuzzHandler(f *testing.F) {
	for _, target := range []string{
		"CreateQueue", "DeleteQueue", "GetQueueUrl", "ListQueues", "ListDeadLetterSourceQueues", "GetQueueAttributes", "SetQueueAttributes",
		"PurgeQueue", "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "ChangeMessageVisibility",
		"ChangeMessageVisibilityBatch", "StartMessageMoveTask", "ListMessageMoveTasks", "CancelMessageMoveTask",
	} {
		f.Add(target, `{"QueueUrl":"http://x/000000000000/orders","QueueName":"orders","MessageBody":"x","ReceiptHandle":"b3JkZXJz","VisibilityTimeout":0,"WaitTimeSeconds":1,
			"AttributeNames":["All"],"Attributes":{"RedrivePolicy":"{\"maxReceiveCount\":1}"},"MessageAttributes":{"a":{"DataType":"Number","StringValue":"1"}},
			"SourceArn":"arn:aws:sqs:us-east-1:000000000000:orders","MaxResults":1,"NextToken":"YQ","Entries":[{"Id":"1","MessageBody":"x","ReceiptHandle":"x"}]}`)
	}
	server, err := sqs.Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = server.Close() })
	post(server, "POST", "AmazonSQS.CreateQueue", `{"QueueName":"orders"}`)
	f.Fuzz(func(t *testing.T, target, body string) {
		if got := post(server, "POST", "AmazonSQS."+target, body); got.Code >= 500 {
			t.Errorf("answered %d %s", got.Code, got.Body)
		}
	})
}

// FuzzOpen: no log makes it panic.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"Settings":{"Attributes":{"VisibilityTimeout":"5"}}}` + "\n" + `{"Put":{"ID":"1","Body":"x"}}` + "\n" + `{"Touch":{"ID":"1","Receives":1}}` + "\n" + `{"Gone":"1"}` + "\n"))
	f.Fuzz(func(t *testing.T, log []byte) {
		directory := t.TempDir()
		if err := os.WriteFile(filepath.Join(directory, "orders.log"), log, 0o600); err != nil {
			t.Fatal(err)
		}
		server, err := sqs.Open(directory)
		if err != nil {
			return
		}
		for _, target := range []string{"ReceiveMessage", "GetQueueAttributes"} {
			if got := post(server, "POST", "AmazonSQS."+target, `{"QueueUrl":"/000000000000/orders"}`); got.Code >= 500 {
				t.Errorf("%s answered %d %s", target, got.Code, got.Body)
			}
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}
