// Package awstest holds what SQS and S3 must do for this system, whoever plays them: the same checks run against the
// stand-ins of the local stack, against other emulators, and could run against AWS.
package awstest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"mercato/shared/platform"
)

const region = "us-east-1"

// patience is how long a check waits for what must come.
const patience = 30 * time.Second

// Host is who plays AWS.
type Host struct {
	Endpoint    string // a URL
	Key, Secret string
	Differs     map[string]string // the checks that this host cannot pass, with the reason: they are skipped
}

// run runs each check by its name, in parallel, and logs how many there were.
func run[S any](t *testing.T, h Host, checks map[string]func(S), open func(*testing.T, Host) S) {
	t.Helper()
	skipped := 0
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		why := h.Differs[name]
		if why != "" {
			skipped++
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if why != "" {
				t.Skip(why)
			}
			checks[name](open(t, h))
		})
	}
	t.Logf("%d checks, %d of them skipped", len(checks), skipped)
}

func (h Host) credentials() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(h.Key, h.Secret, "")
}

// env is a function's environment at this host. The functions' clients take the login from the process's environment.
func (h Host) env(t *testing.T, set map[string]string, grant platform.Grant) *platform.Env {
	t.Helper()
	set["AWS_ENDPOINT_URL"] = h.Endpoint
	e, err := platform.New(func(name string) (string, bool) { v, ok := set[name]; return v, ok }, grant)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// unique is a name that queues and buckets can have, and nothing else has.
func unique() string { return "conformance-" + uuid.NewString() }

// refused fails unless err is the SDK's type.
func refused[E error](t testing.TB, err error) {
	t.Helper()
	if _, ok := errors.AsType[E](err); !ok {
		var want E
		t.Errorf("answered %v, want %T", err, want)
	}
}

// coded fails unless err has the code, for errors of which the SDK has no type.
func coded(t testing.TB, err error, code string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || !strings.HasSuffix(api.ErrorCode(), code) {
		t.Errorf("answered %v, want %s", err, code)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func value[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}
