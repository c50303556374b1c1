package s3_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"mercato/localstack/s3"
)

// policy allows the form of the tests until then, under more conditions.
func policy(until time.Time, more ...string) string {
	conditions := append([]string{
		`{"bucket":"pictures"}`, `["starts-with","$key","uploads/"]`, `["starts-with","$x-amz-credential",""]`,
		`["starts-with","$x-amz-date",""]`, `{"x-amz-algorithm":"AWS4-HMAC-SHA256"}`,
	}, more...)
	return `{"expiration":"` + until.UTC().Format("2006-01-02T15:04:05.000Z") + `","conditions":[` + strings.Join(conditions, ",") + `]}`
}

func TestForm(t *testing.T) {
	t.Parallel()
	server := open(t, config(t.TempDir()))
	later := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		policy string
		more   map[string]string
		status int
		code   string
	}{
		"as it should be":      {policy: policy(later), status: 204},
		"size at its bounds":   {policy: policy(later, `["content-length-range",7,7]`), status: 204},
		"size in a string":     {policy: policy(later, `["content-length-range","1","6"]`), status: 400, code: "EntityTooLarge"},
		"two ranges":           {policy: policy(later, `["content-length-range",8,20]`, `["content-length-range",1,9]`), status: 400, code: "EntityTooSmall"},
		"equal":                {policy: policy(later, `["eq","$X-Amz-Meta-Owner","me"]`), more: map[string]string{"x-amz-meta-owner": "me"}, status: 204},
		"not equal":            {policy: policy(later, `["eq","$X-Amz-Meta-Owner","me"]`), more: map[string]string{"x-amz-meta-owner": "Me"}, status: 403, code: "AccessDenied"},
		"not there":            {policy: policy(later, `{"acl":"private"}`), status: 403, code: "AccessDenied"},
		"ignored field":        {policy: policy(later), more: map[string]string{"x-ignore-this": "1"}, status: 204},
		"another bucket":       {policy: strings.Replace(policy(later), "pictures", "others", 1), status: 403, code: "AccessDenied"},
		"a list of two":        {policy: policy(later, `["eq","$key"]`), status: 400, code: "InvalidPolicyDocument"},
		"unknown operator":     {policy: policy(later, `["ends-with","$key","1"]`), status: 400, code: "InvalidPolicyDocument"},
		"no dollar":            {policy: policy(later, `["eq","key","uploads/1"]`), status: 400, code: "InvalidPolicyDocument"},
		"bad range":            {policy: policy(later, `["content-length-range",-1,"x"]`), status: 400, code: "InvalidPolicyDocument"},
		"no expiration":        {policy: `{"conditions":[]}`, status: 400, code: "InvalidPolicyDocument"},
		"not JSON":             {policy: `{`, status: 400, code: "InvalidPolicyDocument"},
		"no signature":         {policy: policy(later), more: map[string]string{"x-amz-signature": ""}, status: 400, code: "InvalidArgument"},
		"another key id":       {policy: policy(later), more: map[string]string{"x-amz-credential": "x/" + time.Now().UTC().Format("20060102") + "/us-east-1/s3/aws4_request"}, status: 403, code: "InvalidAccessKeyId"},
		"credential of a day":  {policy: policy(later), more: map[string]string{"x-amz-credential": key + "/20200101/us-east-1/s3/aws4_request"}, status: 400, code: "InvalidArgument"},
		"another algorithm":    {policy: policy(later), more: map[string]string{"x-amz-algorithm": "none"}, status: 400, code: "InvalidArgument"},
		"no policy":            {policy: "", status: 403, code: "AccessDenied"},
		"more than 20 kB":      {policy: policy(later), more: map[string]string{"x-ignore-this": strings.Repeat("x", 21<<10)}, status: 400, code: "MaxPostPreDataLengthExceeded"},
		"too long a key":       {policy: policy(later), more: map[string]string{"key": "uploads/" + strings.Repeat("k", 1024)}, status: 400, code: "KeyTooLongError"},
		"status of its choice": {policy: policy(later, `{"success_action_status":"200"}`), more: map[string]string{"success_action_status": "200"}, status: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, code := serve(server, form(t, c.policy, c.more)); status != c.status || code != c.code {
				t.Errorf("answered %d %s, want %d %s", status, code, c.status, c.code)
			}
		})
	}
}

func TestForm_bucketThatIsNot(t *testing.T) {
	t.Parallel()
	server := open(t, s3.Config{Directory: t.TempDir(), Key: key, Secret: secret})
	if status, code := serve(server, form(t, policy(time.Now().Add(time.Hour)), nil)); status != http.StatusNotFound || code != "NoSuchBucket" {
		t.Errorf("answered %d %s", status, code)
	}
}
