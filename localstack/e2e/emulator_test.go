package e2e_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"mercato/localstack/secrets"
	deployment "mercato/localstack/template"
)

// TestOrder_emulator: a stack on another AWS than its own plays an order. Its login needs the signing key from there.
func TestOrder_emulator(t *testing.T) {
	t.Parallel()
	endpoint := os.Getenv("TEST_AWS_ENDPOINT_URL")
	if endpoint == "" {
		t.Skip("TEST_AWS_ENDPOINT_URL names no emulator: make test-localstack brings one")
	}
	who := credentials.NewStaticCredentialsProvider("test", "test", "")
	keys := secretsmanager.New(secretsmanager.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: who})
	_, err := keys.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{ // of an earlier run
		SecretId: aws.String(secrets.SessionName), ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	if _, absent := errors.AsType[*types.ResourceNotFoundException](err); err != nil && !absent {
		t.Fatal(err)
	}
	s := own(t, "AWS_ENDPOINT_URL="+endpoint, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=")
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp := seller.list(t, "Lamp", "19.99", 5)
	if got := buyer.decided(t, buyer.order(t, line{lamp, "19.99", 2})); got.path() != "PENDING, COMPLETED" {
		t.Errorf("%+v", got)
	}
	key, err := keys.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(secrets.SessionName)})
	if own, _ := secrets.Value(s.home, secrets.ElsewhereName); err != nil || *key.SecretString != own {
		t.Errorf("the key for other endpoints is not there: %v", err)
	}
	loaded, err := deployment.Load(filepath.Join(root, "template.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	queues := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: who})
	for _, q := range loaded.Queues {
		if _, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &q.Name}); err != nil {
			t.Errorf("queue %s: %v", q.LogicalID, err)
		}
	}
}
