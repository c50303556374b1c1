package awstest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"go.uber.org/goleak"

	"mercato/localstack/s3"
	"mercato/localstack/sqs"
	"mercato/shared/platform/aws/awstest"
)

// The login of both kinds of host, which the functions' clients read from the environment.
const login = "test"

func TestMain(m *testing.M) {
	_ = os.Setenv("AWS_ACCESS_KEY_ID", login)
	_ = os.Setenv("AWS_SECRET_ACCESS_KEY", login)
	// The SDK keeps idle connections; a host of our own closes them, another one does not.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// standIn serves a handler of the local stack.
func standIn(t *testing.T, handler http.Handler) awstest.Host {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return awstest.Host{Endpoint: server.URL, Key: login, Secret: login}
}

// emulator is the one that TEST_AWS_ENDPOINT_URL names.
func emulator(t *testing.T, differs map[string]string) awstest.Host {
	t.Helper()
	endpoint := os.Getenv("TEST_AWS_ENDPOINT_URL")
	if endpoint == "" {
		t.Skip("TEST_AWS_ENDPOINT_URL names no emulator")
	}
	return awstest.Host{Endpoint: endpoint, Key: login, Secret: login, Differs: differs}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	queues, err := sqs.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	host := standIn(t, queues)
	t.Cleanup(func() {
		if err := queues.Close(); err != nil {
			t.Error(err)
		}
	})
	awstest.Queue(t, host)
}

func TestQueue_emulator(t *testing.T) {
	t.Parallel()
	awstest.Queue(t, emulator(t, queueDiffers))
}

func TestBucket(t *testing.T) {
	t.Parallel()
	buckets, err := s3.Open(s3.Config{Directory: t.TempDir(), Key: login, Secret: login})
	if err != nil {
		t.Fatal(err)
	}
	awstest.Bucket(t, standIn(t, buckets))
}

func TestBucket_emulator(t *testing.T) {
	t.Parallel()
	awstest.Bucket(t, emulator(t, bucketDiffers))
}
