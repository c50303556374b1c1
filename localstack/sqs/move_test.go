package sqs_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const deadARN = "arn:aws:sqs:us-east-1:000000000000:dead"

// withDead makes five dead letters, which come from the queue.
func withDead(q *queue) (dead *string) {
	dead = q.create("dead", nil)
	_, err := q.client.SetQueueAttributes(q.Context(), &sdk.SetQueueAttributesInput{QueueUrl: q.url, Attributes: map[string]string{
		"VisibilityTimeout": "0", "RedrivePolicy": `{"deadLetterTargetArn":"` + deadARN + `","maxReceiveCount":1}`,
	}})
	q.must(err)
	for i := range 5 {
		q.send(strconv.Itoa(i))
	}
	q.receive(q.url, 0, 0)
	q.bodies(q.url)
	return dead
}

func (q *queue) task() types.ListMessageMoveTasksResultEntry {
	q.Helper()
	out, err := q.client.ListMessageMoveTasks(q.Context(), &sdk.ListMessageMoveTasksInput{SourceArn: aws.String(deadARN)})
	q.must(err)
	if len(out.Results) != 1 {
		q.Fatalf("%d tasks", len(out.Results))
	}
	return out.Results[0]
}

func (q *queue) move(rate int32) (*sdk.StartMessageMoveTaskOutput, error) {
	return q.client.StartMessageMoveTask(q.Context(), &sdk.StartMessageMoveTaskInput{
		SourceArn: aws.String(deadARN), MaxNumberOfMessagesPerSecond: aws.Int32(rate),
	})
}

func TestMove_keepsItsRate(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		dead := withDead(q)
		_, err := q.move(2)
		q.must(err)
		for second, want := range []int64{2, 4, 5} {
			if second > 0 {
				pass(time.Second + time.Millisecond) // after the task's own second
			}
			if got := q.task(); got.ApproximateNumberOfMessagesMoved != want || *got.ApproximateNumberOfMessagesToMove != 5 {
				q.Errorf("after %d s: %+v, want %d moved", second, got, want)
			}
		}
		if got := q.task(); *got.Status != "COMPLETED" || got.TaskHandle != nil {
			q.Errorf("at the end: %+v", got)
		}
		q.bodies(dead)
		for _, m := range q.bodies(q.url, "0", "1", "2", "3", "4") {
			if m.Attributes["ApproximateReceiveCount"] != "1" || m.Attributes["DeadLetterQueueSourceArn"] != "" {
				q.Errorf("moved %v", m.Attributes)
			}
		}
	})
}

func TestMove_canceled(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		dead := withDead(q)
		started, err := q.move(2)
		q.must(err)
		_, err = q.move(2)
		is[*types.UnsupportedOperation](q, err)
		out, err := q.client.CancelMessageMoveTask(q.Context(), &sdk.CancelMessageMoveTaskInput{TaskHandle: started.TaskHandle})
		q.must(err)
		pass(time.Minute)
		if got := q.task(); out.ApproximateNumberOfMessagesMoved != 2 || *got.Status != "CANCELLED" {
			q.Errorf("moved %d, %+v", out.ApproximateNumberOfMessagesMoved, got)
		}
		q.bodies(dead, "2", "3", "4")
		_, err = q.client.CancelMessageMoveTask(q.Context(), &sdk.CancelMessageMoveTaskInput{TaskHandle: started.TaskHandle})
		is[*types.UnsupportedOperation](q, err)
		_, err = q.client.CancelMessageMoveTask(q.Context(), &sdk.CancelMessageMoveTaskInput{TaskHandle: aws.String("other")})
		is[*types.ResourceNotFoundException](q, err)
	})
}

func TestMove_endsWithTheServer(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		dead := withDead(q)
		_, err := q.move(1)
		q.must(err)
		q.stop()
		pass(time.Minute)
		q.start()
		q.bodies(dead, "1", "2", "3", "4")
		q.bodies(q.url, "0")
	})
}

func TestMove_ofWhatWasSentThere(t *testing.T) {
	t.Parallel()
	inTime(t, func(q *queue) {
		dead := withDead(q)
		_, err := q.client.PurgeQueue(q.Context(), &sdk.PurgeQueueInput{QueueUrl: dead})
		q.must(err)
		_, err = q.client.SendMessage(q.Context(), &sdk.SendMessageInput{QueueUrl: dead, MessageBody: aws.String("x")})
		q.must(err)
		_, err = q.move(1)
		q.must(err)
		if got := q.task(); *got.Status != "FAILED" || aws.ToString(got.FailureReason) == "" {
			q.Errorf("task %+v", got)
		}
		q.bodies(dead, "x")
	})
}
