package awstest

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var queueMessages = map[string]func(*queueTest){
	"message/round trip":            (*queueTest).roundTrip,
	"message/attributes":            (*queueTest).messageAttributes,
	"message/attributes chosen":     (*queueTest).attributesChosen,
	"message/bad attribute":         (*queueTest).badMessageAttribute,
	"message/trace header":          (*queueTest).trace,
	"message/forbidden characters":  (*queueTest).forbiddenCharacters,
	"message/largest":               (*queueTest).largest,
	"message/too large":             (*queueTest).tooLarge,
	"message/delay":                 (*queueTest).delay,
	"message/delay ends":            (*queueTest).delayEnds,
	"message/bounds":                (*queueTest).bounds,
	"poll/empty":                    (*queueTest).empty,
	"poll/wakes at once":            (*queueTest).wakes,
	"poll/ends at its deadline":     (*queueTest).pollEnds,
	"poll/sees visibility end":      (*queueTest).pollSeesReturn,
	"poll/one message, two pollers": (*queueTest).twoPollers,
}

func (q *queueTest) roundTrip() {
	body := "{\"name\": \"Grüße <&> \U0001F600\"}\n\ttail"
	sent := q.send(body)
	got := q.one(q.url, 30)
	if *got.Body != body || *got.MessageId != *sent.MessageId || *got.MD5OfBody != *sent.MD5OfMessageBody {
		q.Errorf("received %+v, sent %+v", got, sent)
	}
	if got.Attributes["ApproximateReceiveCount"] != "1" || len(got.Attributes["SentTimestamp"]) != 13 ||
		len(got.Attributes["ApproximateFirstReceiveTimestamp"]) != 13 || got.Attributes["SenderId"] == "" {
		q.Errorf("attributes %v", got.Attributes)
	}
	must(q, q.delete(got.ReceiptHandle))
	if left := q.attribute(q.url, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible); left != "0" {
		q.Errorf("%s messages are left", left)
	}
}

func withAttributes() map[string]types.MessageAttributeValue {
	return map[string]types.MessageAttributeValue{
		"kind":        {DataType: aws.String("String"), StringValue: aws.String("order")},
		"trace.id":    {DataType: aws.String("String"), StringValue: aws.String("abc")},
		"trace.depth": {DataType: aws.String("Number.int"), StringValue: aws.String("3")},
		"raw":         {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 255}},
	}
}

func (q *queueTest) messageAttributes() {
	sent := value(q.client.SendMessage(q.Context(), &sqs.SendMessageInput{
		QueueUrl: q.url, MessageBody: aws.String("x"), MessageAttributes: withAttributes(),
	}))(q)
	got := q.one(q.url, 30)
	if len(got.MessageAttributes) != 4 || string(got.MessageAttributes["raw"].BinaryValue) != "\x00\x01\xff" ||
		*got.MessageAttributes["trace.depth"].StringValue != "3" || *got.MessageAttributes["trace.depth"].DataType != "Number.int" {
		q.Errorf("attributes %v", got.MessageAttributes)
	}
	// By the documented algorithm, computed apart from any implementation here.
	const want = "7dcc6e50fb5e1e4232be553516b44ef2"
	if aws.ToString(sent.MD5OfMessageAttributes) != want || aws.ToString(got.MD5OfMessageAttributes) != want {
		q.Errorf("checksum %s sent, %s received, want %s", aws.ToString(sent.MD5OfMessageAttributes), aws.ToString(got.MD5OfMessageAttributes), want)
	}
}

func (q *queueTest) attributesChosen() {
	for asked, want := range map[string]int{"kind": 1, "trace.*": 2, "absent": 0, ".*": 4} {
		url := q.create(unique())
		value(q.client.SendMessage(q.Context(), &sqs.SendMessageInput{
			QueueUrl: url, MessageBody: aws.String("x"), MessageAttributes: withAttributes(),
		}))(q)
		out := value(q.client.ReceiveMessage(q.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: url, WaitTimeSeconds: 20, MessageAttributeNames: []string{asked},
		}))(q)
		if len(out.Messages) != 1 || len(out.Messages[0].MessageAttributes) != want || len(out.Messages[0].Attributes) != 0 {
			q.Errorf("asked for %q: %+v, want %d attributes", asked, out.Messages, want)
		}
	}
}

func (q *queueTest) badMessageAttribute() {
	for name, a := range map[string]types.MessageAttributeValue{
		"type":   {DataType: aws.String("Colour"), StringValue: aws.String("red")},
		"empty":  {DataType: aws.String("String"), StringValue: aws.String("")},
		"a name": {DataType: aws.String("String"), StringValue: aws.String("x")},
	} {
		_, err := q.client.SendMessage(q.Context(), &sqs.SendMessageInput{
			QueueUrl: q.url, MessageBody: aws.String("x"), MessageAttributes: map[string]types.MessageAttributeValue{name: a},
		})
		coded(q, err, "InvalidParameterValue")
	}
}

func (q *queueTest) trace() {
	const header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	value(q.client.SendMessage(q.Context(), &sqs.SendMessageInput{
		QueueUrl: q.url, MessageBody: aws.String("x"),
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(header)},
		},
	}))(q)
	if got := q.one(q.url, 30); got.Attributes["AWSTraceHeader"] != header {
		q.Errorf("attributes %v", got.Attributes)
	}
}

func (q *queueTest) forbiddenCharacters() {
	for _, body := range []string{"a\x01b", "\uffff"} {
		_, err := q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: &body})
		refused[*types.InvalidMessageContents](q, err)
	}
}

func (q *queueTest) largest() {
	q.send(strings.Repeat("x", 1<<20))
	if got := q.one(q.url, 30); len(*got.Body) != 1<<20 {
		q.Errorf("received %d bytes", len(*got.Body))
	}
}

func (q *queueTest) tooLarge() {
	_, err := q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: aws.String(strings.Repeat("x", 1<<20+1))})
	coded(q, err, "InvalidParameterValue")
}

func (q *queueTest) delay() {
	value(q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: aws.String("later"), DelaySeconds: 900}))(q)
	q.none(q.url)
	if got := q.attribute(q.url, types.QueueAttributeNameApproximateNumberOfMessagesDelayed); got != "1" {
		q.Errorf("%s messages are delayed", got)
	}
}

func (q *queueTest) delayEnds() {
	began := time.Now()
	value(q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: aws.String("later"), DelaySeconds: 1}))(q)
	q.one(q.url, 30)
	if early := time.Second - time.Since(began); early > 100*time.Millisecond { // clocks are compared in whole ticks here and there
		q.Errorf("received %s early", early)
	}
}

func (q *queueTest) bounds() {
	for _, in := range []sqs.ReceiveMessageInput{{MaxNumberOfMessages: 11}, {MaxNumberOfMessages: -1}, {WaitTimeSeconds: 21}, {VisibilityTimeout: 43201}} {
		in.QueueUrl = q.url
		_, err := q.client.ReceiveMessage(q.Context(), &in)
		coded(q, err, "InvalidParameterValue")
	}
	_, err := q.client.SendMessage(q.Context(), &sqs.SendMessageInput{QueueUrl: q.url, MessageBody: aws.String("x"), DelaySeconds: 901})
	coded(q, err, "InvalidParameterValue")
	q.none(q.url)
}

func (q *queueTest) empty() { q.none(q.url) }

// wakes: the poll would be cut off before its own end.
func (q *queueTest) wakes() {
	ctx, cancel := context.WithTimeout(q.Context(), 15*time.Second)
	defer cancel()
	got := make(chan error, 1)
	go func() {
		_, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: q.url, WaitTimeSeconds: 20})
		got <- err
	}()
	q.send("wake up")
	must(q, <-got)
}

func (q *queueTest) pollEnds() {
	began := time.Now()
	messages := value(q.ask(q.url, 1, 30))(q)
	if waited := time.Since(began); len(messages) != 0 || waited < 900*time.Millisecond {
		q.Errorf("%d messages after %s", len(messages), waited)
	}
}

func (q *queueTest) pollSeesReturn() {
	q.send("back soon")
	q.one(q.url, 1)
	if again := q.one(q.url, 30); again.Attributes["ApproximateReceiveCount"] != "2" {
		q.Errorf("attributes %v", again.Attributes)
	}
}

func (q *queueTest) twoPollers() {
	counts := make(chan int, 2)
	for range 2 {
		go func() {
			messages, _ := q.ask(q.url, 2, 30)
			counts <- len(messages)
		}()
	}
	q.send("for one of them")
	if sum := <-counts + <-counts; sum != 1 {
		q.Errorf("the message was received %d times", sum)
	}
}
