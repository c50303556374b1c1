package provision

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"mercato/localstack/template"
)

// standard is what SQS gives a queue of which nobody says otherwise: a queue from before the template lost a line gets it
// back.
var standard = map[string]string{
	"DelaySeconds":                  "0",
	"MessageRetentionPeriod":        "345600", // seconds: 4 days
	"ReceiveMessageWaitTimeSeconds": "0",
	"RedriveAllowPolicy":            "",
	"RedrivePolicy":                 "",
	"VisibilityTimeout":             "30", // seconds
}

// makeQueue makes a queue, or finds the one that is there: without attributes the call refuses none.
func (c *clients) makeQueue(ctx context.Context, name string) (template.Made, error) {
	out, err := c.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return template.Made{}, err
	}
	arn := string(types.QueueAttributeNameQueueArn)
	got, err := c.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: out.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return template.Made{}, err
	}
	url := aws.ToString(out.QueueUrl)
	return template.Made{Ref: url, Attributes: map[string]string{"Arn": got.Attributes[arn], "QueueName": name, "QueueUrl": url}}, nil
}

// configureQueue gives a queue the attributes, and the standard where there is none.
func (c *clients) configureQueue(ctx context.Context, url string, attributes map[string]string) error {
	all := maps.Clone(standard)
	maps.Copy(all, attributes)
	_, err := c.queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: all})
	return err
}
