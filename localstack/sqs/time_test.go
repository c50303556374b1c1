package sqs_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// inTime runs a test whose clock advances when everybody waits.
func inTime(t *testing.T, do func(*queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { do(setup(t)) })
}

// pass lets time pass.
func pass(d time.Duration) { <-time.After(d) }

func TestVisibility(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		q.send("x")
		began := time.Now()
		first := q.receive(q.url, 0, 40)[0]
		pass(40*time.Second - time.Nanosecond)
		q.bodies(q.url)
		again := q.receive(q.url, 20, 30) // waits for it
		if waited := time.Since(began); len(again) != 1 || waited != 40*time.Second {
			q.Fatalf("received %d messages after %s", len(again), waited)
		}
		if *again[0].ReceiptHandle == *first.ReceiptHandle || again[0].Attributes["ApproximateReceiveCount"] != "2" {
			q.Errorf("received %+v", again[0])
		}
	})
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		began := time.Now()
		if got := q.receive(q.url, 20, 30); len(got) != 0 || time.Since(began) != 20*time.Second {
			q.Errorf("received %d messages after %s", len(got), time.Since(began))
		}
		began = time.Now()
		go func() {
			pass(7 * time.Second)
			q.send("x")
		}()
		if got := q.receive(q.url, 20, 30); len(got) != 1 || time.Since(began) != 7*time.Second {
			q.Errorf("received %d messages after %s", len(got), time.Since(began))
		}
	})
}

func TestLongPoll_isWokenBy(t *testing.T) {
	t.Parallel()
	for name, wake := range map[string]func(*queue, *string) error{
		"a message given back": func(q *queue, receipt *string) error { return q.hide(receipt, 0) },
		"a shorter timeout":    func(q *queue, receipt *string) error { return q.hide(receipt, 1) },
		"the end of the queue": func(q *queue, _ *string) error {
			_, err := q.client.DeleteQueue(q.Context(), &sdk.DeleteQueueInput{QueueUrl: q.url})
			return err
		},
		"the end of the server": func(q *queue, _ *string) error { return q.server.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inTime(t, func(q *queue) {
				q.send("x")
				receipt := q.receive(q.url, 0, 3600)[0].ReceiptHandle
				began := time.Now()
				failed := make(chan error, 1)
				go func() {
					pass(5 * time.Second)
					failed <- wake(q, receipt)
				}()
				_, _ = q.client.ReceiveMessage(q.Context(), &sdk.ReceiveMessageInput{QueueUrl: q.url, WaitTimeSeconds: 20})
				q.must(<-failed)
				if waited := time.Since(began); waited > 6*time.Second {
					q.Errorf("answered after %s", waited)
				}
			})
		})
	}
}

// TestLongPoll_ofACallerWhoLeft: a message that nobody is there to take stays visible.
func TestLongPoll_ofACallerWhoLeft(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		ctx, leave := context.WithCancel(q.Context())
		left := make(chan struct{})
		go func() {
			defer close(left)
			_, _ = q.client.ReceiveMessage(ctx, &sdk.ReceiveMessageInput{QueueUrl: q.url, WaitTimeSeconds: 20})
		}()
		pass(5 * time.Second)
		leave()
		q.send("x")
		<-left
		q.bodies(q.url, "x")
	})
}

func TestDelay(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		_, err := q.client.SendMessage(q.Context(), &sdk.SendMessageInput{QueueUrl: q.url, MessageBody: aws.String("x"), DelaySeconds: 900})
		q.must(err)
		pass(900*time.Second - time.Nanosecond)
		q.bodies(q.url)
		pass(time.Nanosecond)
		q.bodies(q.url, "x")
	})
}

func TestRetention(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		dead := q.create("dead", map[string]string{"MessageRetentionPeriod": "600"})
		url := q.create("short", map[string]string{
			"MessageRetentionPeriod": "900", "VisibilityTimeout": "0",
			"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"1"}`,
		})
		_, err := q.client.SendMessage(q.Context(), &sdk.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
		q.must(err)
		pass(599 * time.Second)
		q.receive(url, 0, 0)
		q.bodies(url)
		q.bodies(dead, "x")
		pass(time.Second) // a dead letter is as old as the message was
		q.bodies(dead)
		pass(time.Hour)
		q.bodies(dead)

		const days = 4 * 24 * time.Hour
		q.send("y")
		pass(days - time.Nanosecond)
		q.bodies(q.url, "y")
		q.send("z")
		pass(days)
		q.bodies(q.url)
	})
}

func TestHide_twelveHoursFromTheReceipt(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		q.send("x")
		got := q.receive(q.url, 0, 43200)[0]
		pass(time.Hour)
		q.must(q.hide(got.ReceiptHandle, 11*3600))
		if err := q.hide(got.ReceiptHandle, 11*3600+1); err == nil {
			q.Error("hidden for longer than twelve hours")
		}
		pass(11 * time.Hour)
		is[*types.MessageNotInflight](q, q.hide(got.ReceiptHandle, 1))
		q.must(q.delete(got.ReceiptHandle)) // nobody else has received it
		q.bodies(q.url)
	})
}

func TestPurge_onceAMinute(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		purge := func() error {
			_, err := q.client.PurgeQueue(q.Context(), &sdk.PurgeQueueInput{QueueUrl: q.url})
			return err
		}
		q.must(purge())
		pass(59 * time.Second)
		is[*types.PurgeQueueInProgress](q, purge())
		pass(time.Second)
		q.must(purge())
	})
}
