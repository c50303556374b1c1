package template_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/template"
)

func TestLoad_resources(t *testing.T) {
	t.Parallel()
	loaded, err := template.Load("testdata/depot.yaml", map[string]string{"Origin": "https://shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	queues := []template.Queue{
		{LogicalID: "Failed", Name: "mercato-failed", Attributes: map[string]string{
			"MessageRetentionPeriod": "1209600", "VisibilityTimeout": "60", "SqsManagedSseEnabled": "true",
			"RedrivePolicy": `{"deadLetterTargetArn":"Parked.Arn","maxReceiveCount":"5"}`,
		}},
		{LogicalID: "Parked", Name: "mercato-Parked", Attributes: map[string]string{}},
		{LogicalID: "Written", Name: "mercato-Written", Attributes: map[string]string{
			"RedrivePolicy":      `{"deadLetterTargetArn":"Parked.Arn","maxReceiveCount":3}`,
			"RedriveAllowPolicy": `{"redrivePermission":"byQueue","sourceQueueArns":["Failed.Arn"]}`,
		}},
	}
	if diff := cmp.Diff(queues, loaded.Queues); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}
	buckets := []template.Bucket{
		{LogicalID: "Pictures", Name: "mercato-pictures-000000000000", CORS: []template.CORSRule{{
			Origins: []string{"https://shop.example"}, Methods: []string{"POST", "GET"}, Headers: []string{"*"}, Expose: []string{"ETag"}, MaxAge: 300,
		}}},
		{LogicalID: "WebPages", Name: "mercato-webpages"},
	}
	if diff := cmp.Diff(buckets, loaded.Buckets); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]template.Secret{{LogicalID: "SigningKey", Name: "mercato/session"}}, loaded.Secrets); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}

func TestLoadMade(t *testing.T) {
	t.Parallel()
	loaded, err := template.LoadMade("testdata/depot.yaml", nil, map[string]template.Made{
		"Failed":     {Ref: "http://here/failed", Attributes: map[string]string{"Arn": "arn:failed", "QueueName": "failed"}},
		"Parked":     {Ref: "http://here/parked", Attributes: map[string]string{"Arn": "arn:parked"}},
		"SigningKey": {Ref: "arn:secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"FAILED": "http://here/failed", "FAILED_SUB": "<http://here/failed>", "FAILED_ARN": "arn:failed", "FAILED_NAME": "failed",
		"FAILED_ELSE": "Failed.Else", "BUCKET": "Pictures", "KEY": "arn:secret",
	}
	if diff := cmp.Diff(want, loaded.Functions[0].Environment); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if got := loaded.Queues[0].Attributes["RedrivePolicy"]; got != `{"deadLetterTargetArn":"arn:parked","maxReceiveCount":"5"}` {
		t.Errorf("RedrivePolicy %s", got)
	}
	if got := loaded.Queues[2].Attributes["RedriveAllowPolicy"]; !strings.Contains(got, `["arn:failed"]`) {
		t.Errorf("RedriveAllowPolicy %s", got)
	}
}

// resource is a template of one resource with the given properties, which start at line 4.
func resource(kind, properties string) string {
	return "Resources:\n  R:\n    Type: " + kind + "\n    Properties:\n" + properties
}

func TestLoad_refusesResources(t *testing.T) {
	t.Parallel()
	queue := func(properties string) string { return resource("AWS::SQS::Queue", properties) }
	bucket := func(properties string) string { return resource("AWS::S3::Bucket", properties) }
	for name, c := range map[string]struct{ text, want string }{
		"unknown property":       {queue("      FifoQueue: true"), "line 5: queue property FifoQueue"},
		"attribute is a list":    {queue("      DelaySeconds: [1]"), "line 5: DelaySeconds must be a single value"},
		"policy is a list":       {queue("      RedrivePolicy: [1]"), "line 5: RedrivePolicy must be an object"},
		"policy is not JSON":     {queue("      RedrivePolicy: '{'"), "line 5: RedrivePolicy is not JSON"},
		"redrive without target": {queue("      RedrivePolicy: {maxReceiveCount: 3}"), "line 5: RedrivePolicy needs"},
		"redrive without count":  {queue("      RedrivePolicy: {deadLetterTargetArn: x}"), "line 5: RedrivePolicy needs"},
		"redrive at once":        {queue("      RedrivePolicy: {deadLetterTargetArn: x, maxReceiveCount: 0}"), "line 5: RedrivePolicy needs"},
		"redrive to nothing":     {queue("      RedrivePolicy: {deadLetterTargetArn: !GetAtt Nothing.Arn, maxReceiveCount: 3}"), "line 5: GetAtt"},
		"name is a list":         {queue("      QueueName: [a]"), "line 5: QueueName must be"},
		"rule without origin":    {bucket("      CorsConfiguration: {CorsRules: [{AllowedMethods: [GET]}]}"), "line 5: a CORS rule"},
		"rule without method":    {bucket("      CorsConfiguration: {CorsRules: [{AllowedOrigins: ['*']}]}"), "line 5: a CORS rule"},
		"age is a word": {
			bucket("      CorsConfiguration: {CorsRules: [{AllowedOrigins: ['*'], AllowedMethods: [GET], MaxAge: long}]}"), "line 5: MaxAge",
		},
		"condition unknown": {"Resources:\n  R: {Type: AWS::SQS::Queue, Condition: C}", `line 2: unknown condition "C"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "template.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := template.Load(path, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
