package sqs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"mercato/localstack/sqs"
)

func TestRestart(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		gone := q.create("gone", nil)
		_, err := q.client.SetQueueAttributes(q.Context(), &sdk.SetQueueAttributesInput{QueueUrl: q.url, Attributes: map[string]string{"VisibilityTimeout": "77"}})
		q.must(err)
		_, err = q.client.SendMessage(q.Context(), &sdk.SendMessageInput{
			QueueUrl: q.url, MessageBody: aws.String("hidden"),
			MessageAttributes: map[string]types.MessageAttributeValue{"raw": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}}},
		})
		q.must(err)
		hidden := q.receive(q.url, 0, 60)[0]
		q.send("deleted")
		q.must(q.delete(q.receive(q.url, 0, 60)[0].ReceiptHandle))
		q.send("visible\nin two lines")
		_, err = q.client.DeleteQueue(q.Context(), &sdk.DeleteQueueInput{QueueUrl: gone})
		q.must(err)

		q.stop()
		q.start()
		_, err = q.client.GetQueueUrl(q.Context(), &sdk.GetQueueUrlInput{QueueName: aws.String("gone")})
		is[*types.QueueDoesNotExist](q, err)
		attributes, err := q.client.GetQueueAttributes(q.Context(), &sdk.GetQueueAttributesInput{QueueUrl: q.url, AttributeNames: []types.QueueAttributeName{"VisibilityTimeout"}})
		q.must(err)
		if got := attributes.Attributes["VisibilityTimeout"]; got != "77" {
			q.Errorf("VisibilityTimeout %s", got)
		}
		q.bodies(q.url, "visible\nin two lines")
		pass(time.Minute)
		again := q.receive(q.url, 0, 30)
		if len(again) != 2 || *again[0].Body != "hidden" || again[0].Attributes["ApproximateReceiveCount"] != "2" ||
			string(again[0].MessageAttributes["raw"].BinaryValue) != "\x00\xff" || *again[0].MessageId != *hidden.MessageId {
			q.Errorf("received %+v", again)
		}
		q.must(q.hide(again[0].ReceiptHandle, 0))
		q.stop()
		q.start()
		q.must(q.delete(again[0].ReceiptHandle)) // a receipt outlives the server
		q.bodies(q.url)
	})
}

// TestRestart_afterKill: what was written last may be half a line.
func TestRestart_afterKill(t *testing.T) {
	t.Parallel()
	q := setup(t)
	q.send("kept")
	q.stop()
	path := filepath.Join(q.directory, "orders.log")
	log, err := os.ReadFile(path)
	q.must(err)
	q.must(os.WriteFile(path, append(log, `{"Put":{"ID":"half`...), 0o600))
	q.start()
	q.bodies(q.url, "kept")

	q.stop()
	q.must(os.WriteFile(path, []byte("nonsense\n"), 0o600))
	if _, err := sqs.Open(q.directory); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "make reset") {
		t.Errorf("a broken log: %v", err)
	}
	q.must(os.Remove(path))
	q.start()
}

// TestLog_isTidied: a log does not grow with what is gone.
func TestLog_isTidied(t *testing.T) {
	t.Parallel()
	q := setup(t)
	q.send("stays")
	stays := q.receive(q.url, 0, 3600)[0]
	size := func() int64 {
		info, err := os.Stat(filepath.Join(q.directory, "orders.log"))
		q.must(err)
		return info.Size()
	}
	most := int64(0)
	for range 5000 { // three records each
		q.send("goes")
		q.must(q.delete(q.receive(q.url, 0, 30)[0].ReceiptHandle))
		most = max(most, size())
	}
	if now := size(); now > most*2/3 {
		t.Errorf("the log has %d bytes, at most it had %d", now, most)
	}
	q.stop()
	q.start()
	q.must(q.hide(stays.ReceiptHandle, 0))
	q.bodies(q.url, "stays")
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqs.Open(file); err == nil {
		t.Error("a file is no directory")
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	q := setup(t)
	q.stop()
	q.stop() // a second time it does nothing
	_, err := q.client.ReceiveMessage(q.Context(), &sdk.ReceiveMessageInput{QueueUrl: q.url})
	if err == nil || errors.Is(err, os.ErrClosed) {
		t.Errorf("answered %v", err)
	}
}
