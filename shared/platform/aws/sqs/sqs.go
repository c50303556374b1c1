// Package sqs is a platform.Queue on Amazon SQS. A main grants it to the functions that need a queue.
package sqs

import (
	"context"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/fault"
)

// Client grants queues: orders-dlq and orders-parking.
var Client = platform.Grant{Kind: "queue", Open: open}

const (
	maxBatch = 10               // SQS's own limits
	maxWait  = 20 * time.Second //
)

// open builds the client by hand: the SDK's default configuration costs 3.7 ms of every cold start.
func open(c config.Config, name string) any {
	options := sqs.Options{
		Region: c.AWSRegion,
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}
	if c.AWSEndpoint != "" {
		options.BaseEndpoint = aws.String(c.AWSEndpoint)
	}
	url := map[string]string{"orders-dlq": c.OrdersDLQURL, "orders-parking": c.OrdersParkingURL}[name]
	return &queue{client: sqs.New(options), name: name, url: aws.String(url)}
}

type queue struct {
	client *sqs.Client
	name   string
	url    *string
}

// Send implements platform.Queue.
func (q *queue) Send(ctx context.Context, body string) error {
	if *q.url == "" { // the SDK would ask AWS's own endpoint
		return fault.New(fault.Unavailable, "", "There is no queue %s.", q.name)
	}
	_, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: &body})
	return q.unavailable(err)
}

// Receive implements platform.Queue.
func (q *queue) Receive(ctx context.Context, most int, wait, visibility time.Duration) ([]platform.Message, error) {
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    q.url,
		MaxNumberOfMessages:         int32(min(most, maxBatch)),
		WaitTimeSeconds:             seconds(min(wait, maxWait)),
		VisibilityTimeout:           seconds(visibility), // the SDK does not send a 0
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
	})
	if err != nil {
		return nil, q.unavailable(err)
	}
	messages := make([]platform.Message, len(out.Messages))
	for i, m := range out.Messages {
		receives, _ := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
		messages[i] = platform.Message{
			ID: aws.ToString(m.MessageId), Body: aws.ToString(m.Body), Receipt: aws.ToString(m.ReceiptHandle), Receives: receives,
		}
	}
	return messages, nil
}

// Delete implements platform.Queue. It tries all, whatever happens to one.
func (q *queue) Delete(ctx context.Context, receipts ...string) error {
	var failed error
	for batch := range slices.Chunk(receipts, maxBatch) {
		entries := make([]types.DeleteMessageBatchRequestEntry, len(batch))
		for i, receipt := range batch {
			entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(receipt)}
		}
		out, err := q.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: q.url, Entries: entries})
		if err != nil {
			failed = q.unavailable(err)
		} else if len(out.Failed) > 0 {
			failed = fault.New(fault.Unavailable, "", "The queue %s did not delete a message: %s", q.name, aws.ToString(out.Failed[0].Message))
		}
	}
	return failed
}

// Hide implements platform.Queue.
func (q *queue) Hide(ctx context.Context, receipt string, d time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: q.url, ReceiptHandle: &receipt, VisibilityTimeout: seconds(d),
	})
	return q.unavailable(err)
}

func (q *queue) unavailable(err error) error {
	if err == nil {
		return nil
	}
	failed := fault.New(fault.Unavailable, "", "The queue %s does not answer.", q.name)
	failed.Err = err
	return failed
}

// seconds rounds up: a message that is hidden too shortly is worked on twice.
func seconds(d time.Duration) int32 { return int32((d + time.Second - 1) / time.Second) }
