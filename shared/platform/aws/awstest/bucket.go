package awstest

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Bucket checks S3 at the host. The process's environment must hold its login.
func Bucket(t *testing.T, h Host) {
	t.Helper()
	run(t, h, bucketChecks(), openBucket)
}

// BucketChecks answers the names of what Bucket checks.
func BucketChecks() []string { return slices.Sorted(maps.Keys(bucketChecks())) }

func bucketChecks() map[string]func(*bucketTest) {
	checks := map[string]func(*bucketTest){}
	for _, some := range []map[string]func(*bucketTest){bucketObjects, bucketListing, bucketAccess, bucketForms, bucketClient} {
		maps.Copy(checks, some)
	}
	return checks
}

// A bucketTest has a bucket of its own.
type bucketTest struct {
	*testing.T

	host   Host
	client *s3.Client
	http   *http.Client
	name   string
}

func openBucket(t *testing.T, h Host) *bucketTest {
	t.Helper()
	b := &bucketTest{T: t, host: h, client: s3Client(h, h.Key, h.Secret), http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(b.http.CloseIdleConnections)
	b.name = unique()
	value(b.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &b.name}))(t)
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() { b.empty(ctx) })
	return b
}

func s3Client(h Host, key, secret string) *s3.Client {
	return s3.New(s3.Options{
		Region: region, BaseEndpoint: aws.String(h.Endpoint), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

// empty removes the bucket with what is in it.
func (b *bucketTest) empty(ctx context.Context) {
	out, err := b.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &b.name})
	if err != nil {
		return // a check has removed the bucket
	}
	for _, o := range out.Contents {
		_, _ = b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: o.Key})
	}
	if _, err := b.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &b.name}); err != nil {
		b.Errorf("removing the bucket: %v", err)
	}
}

func (b *bucketTest) put(key, body string) *s3.PutObjectOutput {
	b.Helper()
	return value(b.client.PutObject(b.Context(), &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, Body: strings.NewReader(body), ContentType: aws.String("text/plain"),
	}))(b)
}

// read answers an object's content.
func (b *bucketTest) read(key string) (string, error) {
	b.Helper()
	out, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return "", err
	}
	defer out.Body.Close() //nolint:errcheck // it was only read
	return string(value(io.ReadAll(out.Body))(b)), nil
}

func (b *bucketTest) holds(key, want string) {
	b.Helper()
	if got, err := b.read(key); err != nil || got != want {
		b.Errorf("%q holds %q, %v, want %q", key, got, err, want)
	}
}

func (b *bucketTest) lacks(key string) {
	b.Helper()
	_, err := b.read(key)
	refused[*types.NoSuchKey](b, err)
}

// url is where anybody finds an object, or the bucket.
func (b *bucketTest) url(key string) string {
	return strings.TrimSuffix(b.host.Endpoint+"/"+b.name+"/"+key, "/")
}

// A reply is what a browser gets.
type reply struct {
	status  int
	header  http.Header
	body    string
	refusal struct {
		Code, Message string
	}
}

func (b *bucketTest) request(method, url string, body []byte, header map[string]string) reply {
	b.Helper()
	r := value(http.NewRequestWithContext(b.Context(), method, url, bytes.NewReader(body)))(b)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := b.http.Do(r)
	must(b, err)
	defer response.Body.Close() //nolint:errcheck // it was only read
	text := value(io.ReadAll(response.Body))(b)
	got := reply{status: response.StatusCode, header: response.Header, body: string(text)}
	if got.status >= http.StatusBadRequest {
		_ = xml.Unmarshal(text, &got.refusal) // some have no body
	}
	return got
}

// is fails unless the reply has the status, and the code of S3's errors.
func (b *bucketTest) is(got reply, status int, code string) {
	b.Helper()
	if got.status != status || got.refusal.Code != code {
		b.Errorf("answered %d %s, want %d %s", got.status, got.body, status, code)
	}
}
