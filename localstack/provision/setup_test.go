package provision_test

import (
	"errors"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"mercato/localstack/endpoint"
	"mercato/localstack/provision"
	"mercato/localstack/secrets"
	"mercato/localstack/sigv4"
	"mercato/localstack/template"
)

// A depot is a template's resources at one host, under names that nobody else has.
type depot struct {
	*testing.T

	host   provision.Host
	prefix string
	value  string // of the secret
}

// embedded is the local stack's own endpoint. Its secret lies in a file.
func embedded(t *testing.T) *depot {
	t.Helper()
	d := &depot{t, provision.Host{Key: "mercato", Secret: "not a secret"}, unique(), "signing key"}
	state := t.TempDir()
	if _, err := secrets.Password(state, "any"); err != nil { // makes the directory
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(secrets.Directory(state), d.prefix+"-session.json"), []byte(d.value), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := endpoint.Open(state, sigv4.Login{Key: d.host.Key, Secret: d.host.Secret})
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
	d.host.Endpoint = server.URL
	return d
}

// emulator is the one that TEST_AWS_ENDPOINT_URL names.
func emulator(t *testing.T) *depot {
	t.Helper()
	url := os.Getenv("TEST_AWS_ENDPOINT_URL")
	if url == "" {
		t.Skip("TEST_AWS_ENDPOINT_URL names no emulator: make test-localstack brings one")
	}
	return &depot{t, provision.Host{Endpoint: url, Key: "test", Secret: "test"}, unique(), "signing key"}
}

func unique() string { return "provision-" + uuid.NewString() }

// apply makes the depot, with parameters of the template laid over the usual.
func (d *depot) apply(params map[string]string) (map[string]template.Made, error) {
	all := map[string]string{"Prefix": d.prefix}
	maps.Copy(all, params)
	return provision.Apply(d.Context(), d.host, provision.Wanted{
		Load: func(made map[string]template.Made) (*template.Template, error) {
			return template.LoadMade("testdata/depot.yaml", all, made)
		},
		Secret: func(name string) (string, bool) { return d.value, name == d.prefix+"-session" },
	})
}

func (d *depot) must(made map[string]template.Made, err error) map[string]template.Made {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
	return made
}

func (d *depot) who() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(d.host.Key, d.host.Secret, "")
}

// attributes are a queue's.
func (d *depot) attributes(url string) map[string]string {
	d.Helper()
	client := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: &d.host.Endpoint, Credentials: d.who()})
	out, err := client.GetQueueAttributes(d.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		d.Fatal(err)
	}
	return out.Attributes
}

// origins are who may use the bucket from a page; nil where nobody may.
func (d *depot) origins(bucket string) []string {
	d.Helper()
	client := s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &d.host.Endpoint, Credentials: d.who(), UsePathStyle: true})
	out, err := client.GetBucketCors(d.Context(), &s3.GetBucketCorsInput{Bucket: &bucket})
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "NoSuchCORSConfiguration" {
		return nil
	}
	if err != nil || len(out.CORSRules) != 1 || *out.CORSRules[0].MaxAgeSeconds != 300 {
		d.Fatalf("%+v, %v", out, err)
	}
	return out.CORSRules[0].AllowedOrigins
}

func (d *depot) secret(id string) string {
	d.Helper()
	client := secretsmanager.New(secretsmanager.Options{Region: "us-east-1", BaseEndpoint: &d.host.Endpoint, Credentials: d.who()})
	out, err := client.GetSecretValue(d.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id})
	if err != nil {
		d.Fatal(err)
	}
	return *out.SecretString
}
