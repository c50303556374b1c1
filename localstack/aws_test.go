package main_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"mercato/localstack/endpoint"
	"mercato/localstack/secrets"
	"mercato/localstack/sigv4"
)

func queues(f stackFile) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: &f.AWSEndpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(f.AWSKey, f.AWSSecret, ""),
	})
}

func buckets(f stackFile) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &f.AWSEndpoint, RetryMaxAttempts: 1, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(f.AWSKey, f.AWSSecret, ""),
	})
}

// TestDev_aws: what stack.json says is enough to use the queues and buckets, which a restart keeps and reset removes.
func TestDev_aws(t *testing.T) {
	t.Parallel()
	c := setup(t)
	cmd, _, f := c.dev(t)
	name := aws.String("mercato-orders-dlq")
	queue, err := queues(f).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: name})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queues(f).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("kept")}); err != nil {
		t.Fatal(err)
	}
	object := &s3.PutObjectInput{Bucket: aws.String("mercato-pictures"), Key: aws.String("k"), Body: strings.NewReader("x")}
	if _, err := buckets(f).PutObject(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	guess := f
	guess.AWSSecret = strings.Repeat("0", len(f.AWSSecret))
	if _, err := queues(guess).ListQueues(t.Context(), &sqs.ListQueuesInput{}); err == nil {
		t.Error("a guessed secret was believed")
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	again, _, f := c.dev(t)
	queue, err = queues(f).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: name})
	if err != nil {
		t.Fatal(err)
	}
	out, err := queues(f).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
	if err != nil || len(out.Messages) != 1 || *out.Messages[0].Body != "kept" {
		t.Errorf("after a restart: %+v, %v", out, err)
	}
	if _, err := buckets(f).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: object.Bucket, Key: object.Key}); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	_ = again.Process.Signal(syscall.SIGTERM)
	_ = again.Wait()
	session(t, c.home, secrets.ElsewhereName) // of a run on another endpoint
	if status, text := c.run(t, "reset"); status != 0 {
		t.Errorf("%d %s", status, text)
	}
	if _, err := os.Stat(c.home); !os.IsNotExist(err) {
		t.Errorf("reset left something: %v", err)
	}
}

// TestDev_givenAWS: another endpoint gets the resources, and the functions its address. The permanent signing key stays here.
func TestDev_givenAWS(t *testing.T) {
	t.Parallel()
	c := setup(t)
	elsewhere := t.TempDir()
	permanent := session(t, c.home, secrets.SessionName)
	key := session(t, c.home, secrets.ElsewhereName)
	content, _ := secrets.Value(c.home, secrets.ElsewhereName)
	// The stand-in makes no secrets: the one that is there must be what the stack would make.
	if err := os.Mkdir(secrets.Directory(elsewhere), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(secrets.Directory(elsewhere), secrets.SessionName+".json"), content)
	e, err := endpoint.Open(elsewhere, sigv4.Login{Key: "test", Secret: "test"})
	if err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(e)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		other.Close()
	})
	c.aws = other.URL
	_, _, f := c.dev(t)
	if f.AWSEndpoint != other.URL || f.AWSKey != "test" || f.AWSSecret != "test" {
		t.Errorf("stack.json says %+v", f)
	}
	if _, err := queues(f).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("mercato-orders-dlq")}); err != nil {
		t.Error(err)
	}
	status, body := request(t, c, "POST", "/_local/functions/environment/invoke", "", nil)
	if status != http.StatusOK || !strings.Contains(body, `"ORDERS_DLQ_URL":"`+other.URL+`/`) {
		t.Errorf("%d %s", status, body)
	}
	if !strings.Contains(body, key) || strings.Contains(body, permanent) {
		t.Errorf("sessions are believed that %s has not signed, or not: %s", key, body)
	}
}

// session answers the public form of a key.
func session(t *testing.T, home, name string) string {
	t.Helper()
	public, err := secrets.Session(home, name)
	if err != nil {
		t.Fatal(err)
	}
	return public
}
