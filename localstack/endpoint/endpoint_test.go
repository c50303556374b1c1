package endpoint_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdks3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	sdksqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"mercato/localstack/endpoint"
	"mercato/localstack/secrets"
	"mercato/localstack/sigv4"
)

var login = sigv4.Login{Key: "mercato", Secret: "a secret of the state directory"}

// setup serves the three real stand-ins.
func setup(t *testing.T) (url string) {
	t.Helper()
	state := t.TempDir()
	if _, err := secrets.Session(state, secrets.SessionName); err != nil {
		t.Fatal(err)
	}
	e, err := endpoint.Open(state, login)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return server.URL
}

// calls are one of each service, as the SDK makes them.
func calls(url string, l sigv4.Login) map[string]func(t *testing.T) error {
	who := credentials.NewStaticCredentialsProvider(l.Key, l.Secret, "")
	return map[string]func(t *testing.T) error{
		"secrets": func(t *testing.T) error {
			t.Helper()
			client := secretsmanager.New(secretsmanager.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: who})
			_, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String(secrets.SessionName)})
			return err
		},
		"queues": func(t *testing.T) error {
			t.Helper()
			client := sdksqs.New(sdksqs.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: who})
			_, err := client.CreateQueue(t.Context(), &sdksqs.CreateQueueInput{QueueName: aws.String("orders")})
			return err
		},
		"buckets": func(t *testing.T) error {
			t.Helper()
			client := sdks3.New(sdks3.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: who, UsePathStyle: true})
			_, err := client.CreateBucket(t.Context(), &sdks3.CreateBucketInput{Bucket: aws.String("pictures")})
			return err
		},
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	url := setup(t)
	for name, call := range calls(url, login) {
		if err := call(t); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEndpoint_anotherLogin(t *testing.T) {
	t.Parallel()
	url := setup(t)
	for want, l := range map[string]sigv4.Login{
		"InvalidAccessKeyId UnrecognizedClientException":  {Key: "somebody", Secret: login.Secret},
		"SignatureDoesNotMatch InvalidSignatureException": {Key: login.Key, Secret: "a guess"},
	} {
		for name, call := range calls(url, l) {
			s3s, json, _ := strings.Cut(want, " ")
			if err := call(t); err == nil || !strings.Contains(err.Error(), s3s) && !strings.Contains(err.Error(), json) {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
	}
}

// signed is a signed request, which a test then spoils.
func signed(t *testing.T, url, target, service, body string, at time.Time) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", target)
	const empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" // SHA-256 of {}
	who := aws.Credentials{AccessKeyID: login.Key, SecretAccessKey: login.Secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), who, r, empty, service, "us-east-1", at); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEndpoint_refuses(t *testing.T) {
	t.Parallel()
	url := setup(t)
	now := time.Now()
	list := func() *http.Request { return signed(t, url, "AmazonSQS.ListQueues", "sqs", "{}", now) }
	spoiled := func(spoil func(*http.Request)) *http.Request {
		r := list()
		spoil(r)
		return r
	}
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		want   string
	}{
		"nothing wrong":     {list(), 200, ""},
		"not signed":        {spoiled(func(r *http.Request) { r.Header.Del("Authorization") }), 403, "MissingAuthenticationTokenException"},
		"another scheme":    {spoiled(func(r *http.Request) { r.Header.Set("Authorization", "Basic eA==") }), 400, "IncompleteSignatureException"},
		"another operation": {spoiled(func(r *http.Request) { r.Header.Set("X-Amz-Target", "AmazonSQS.CreateQueue") }), 403, "InvalidSignatureException"},
		"another host":      {spoiled(func(r *http.Request) { r.Host = "evil.example" }), 403, "InvalidSignatureException"},
		"another body":      {signed(t, url, "AmazonSQS.ListQueues", "sqs", `{"QueueNamePrefix":"x"}`, now), 403, "InvalidSignatureException"},
		"another service's": {signed(t, url, "AmazonSQS.ListQueues", "s3", "{}", now), 400, "IncompleteSignatureException"},
		"old":               {signed(t, url, "AmazonSQS.ListQueues", "sqs", "{}", now.Add(-16*time.Minute)), 403, "RequestExpired"},
		"too large":         {signed(t, url, "AmazonSQS.ListQueues", "sqs", strings.Repeat(" ", 8<<20), now), 413, "RequestEntityTooLarge"},
		"not emulated":      {signed(t, url, "DynamoDB_20120810.ListTables", "dynamodb", "{}", now), 400, "UnknownOperationException"},
	} {
		response, err := http.DefaultClient.Do(c.r)
		if err != nil {
			t.Fatal(err)
		}
		text := make([]byte, 1000)
		n, _ := response.Body.Read(text)
		_ = response.Body.Close()
		if response.StatusCode != c.status || !strings.Contains(string(text[:n]), c.want) {
			t.Errorf("%s: %d %s, want %d %s", name, response.StatusCode, text[:n], c.status, c.want)
		}
	}
}

// TestEndpoint_path: a key is not cleaned like a path.
func TestEndpoint_path(t *testing.T) {
	t.Parallel()
	url := setup(t)
	if err := calls(url, login)["buckets"](t); err != nil {
		t.Fatal(err)
	}
	client := sdks3.New(sdks3.Options{
		Region: "us-east-1", BaseEndpoint: &url, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(login.Key, login.Secret, ""),
	})
	in := &sdks3.PutObjectInput{Bucket: aws.String("pictures"), Key: aws.String("a//../b"), Body: strings.NewReader("x")}
	if _, err := client.PutObject(t.Context(), in); err != nil {
		t.Error(err)
	}
	out, err := client.ListObjectsV2(t.Context(), &sdks3.ListObjectsV2Input{Bucket: in.Bucket})
	if err != nil || len(out.Contents) != 1 || *out.Contents[0].Key != "a//../b" {
		t.Errorf("%+v, %v", out, err)
	}
}
