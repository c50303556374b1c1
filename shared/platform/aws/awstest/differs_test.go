package awstest_test

import (
	"slices"
	"testing"

	"mercato/shared/platform/aws/awstest"
)

const (
	anybody   = "LocalStack lets anybody do everything, whatever a bucket's policy says"
	unsigned  = "LocalStack checks presigned URLs only: no signature in a header, and not its time"
	unchecked = "LocalStack does not check a form's signature, nor that a policy is there and speaks of each field"
	crashes   = "LocalStack answers such a form with a 500"
	unbounded = "LocalStack checks few of the numbers that SQS bounds"
	receipts  = "LocalStack takes any receipt that a message ever had for its last"
)

// What LocalStack 4.14 does otherwise than AWS, by check: it skips these. The local stack's own stand-ins pass them all.
var (
	queueDiffers = map[string]string{
		"admin/bad attribute":           unbounded,
		"admin/purge twice":             "LocalStack allows it, unless it is started otherwise",
		"batch/whose fault":             unbounded,
		"message/bounds":                unbounded,
		"receipt/older deletes nothing": receipts,
		"receipt/older hides nothing":   receipts,
		"redrive/no such target":        "LocalStack does not look for the dead-letter queue",
		"visibility/longer in total":    unbounded,
		"visibility/not in flight":      "LocalStack hides a message that is not in flight",
		"visibility/too long":           unbounded,
	}
	bucketDiffers = map[string]string{
		"access/anonymous":       anybody,
		"access/another body":    unsigned,
		"access/old signature":   unsigned,
		"access/public prefix":   anybody,
		"access/unknown key":     unsigned,
		"access/wrong secret":    unsigned,
		"cors/patterns":          "LocalStack knows no patterns of headers",
		"form/another signer":    unchecked,
		"form/broken":            crashes,
		"form/changed policy":    unchecked,
		"form/extra field":       unchecked,
		"form/fields after file": "LocalStack reads a form's fields after the file, which S3 ignores",
		"form/no file":           crashes,
		"form/no key":            crashes,
		"form/no policy":         unchecked,
	}
)

// TestDiffers: a name that is no check's any more would stay in the lists for ever.
func TestDiffers(t *testing.T) {
	t.Parallel()
	for _, list := range []struct {
		differs map[string]string
		checks  []string
	}{{queueDiffers, awstest.QueueChecks()}, {bucketDiffers, awstest.BucketChecks()}} {
		for name := range list.differs {
			if !slices.Contains(list.checks, name) {
				t.Errorf("there is no check %q", name)
			}
		}
	}
}
