package s3_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"go.uber.org/goleak"

	"mercato/localstack/s3"
)

const key, secret = "local", "not a secret"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// direct hands the SDK's requests to a handler without a network, so that time can be a test's own.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	header := http.Header{}
	for name, values := range r.Header { // as a network would
		header[http.CanonicalHeaderKey(name)] = values
	}
	r.Header = header
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	d.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// config has one bucket, whose images anybody may read.
func config(directory string) s3.Config {
	return s3.Config{Directory: directory, Key: key, Secret: secret, Buckets: []s3.Bucket{{
		Name: "pictures", Public: []string{"images/"},
		CORS: []s3.Rule{{Origins: []string{"*"}, Methods: []string{"GET"}}},
	}}}
}

func open(t testing.TB, c s3.Config) http.Handler {
	t.Helper()
	server, err := s3.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func client(h http.Handler) *sdk.Client {
	return sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://s3.local"), UsePathStyle: true, HTTPClient: direct{h},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""), RetryMaxAttempts: 1,
	})
}

func put(t testing.TB, c *sdk.Client, name, body string) {
	t.Helper()
	_, err := c.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String("pictures"), Key: &name, Body: strings.NewReader(body), ContentType: aws.String("image/png"), CacheControl: aws.String("no-cache"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, c *sdk.Client, name string) string {
	t.Helper()
	out, err := c.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("pictures"), Key: &name})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(out.ContentType) != "image/png" || aws.ToString(out.CacheControl) != "no-cache" {
		t.Errorf("%s: %s, %s", name, aws.ToString(out.ContentType), aws.ToString(out.CacheControl))
	}
	return string(body)
}

// request is one that anybody could send.
func request(method, url, body string) *http.Request {
	return httptest.NewRequest(method, "http://s3.local"+url, strings.NewReader(body))
}

// signed signs a request in its headers, as of now.
func signed(t testing.TB, r *http.Request, body string) *http.Request {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	sign(t, r, hex.EncodeToString(sum[:]))
	return r
}

func sign(t testing.TB, r *http.Request, payload string) {
	t.Helper()
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err := signer.SignHTTP(t.Context(), aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, r, payload, "s3", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
}

// serve answers the status and the code of S3's errors.
func serve(h http.Handler, r *http.Request) (status int, code string) {
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	var refusal struct{ Code string }
	_ = xml.Unmarshal(recorder.Body.Bytes(), &refusal) // most answers are no errors
	return recorder.Code, refusal.Code
}

// form is the request of a form with a policy, which the login has signed, and what else it may have.
func form(t testing.TB, policy string, more map[string]string) *http.Request {
	t.Helper()
	now := time.Now().UTC()
	date := now.Format("20060102")
	mac := []byte("AWS4" + secret)
	encoded := base64.StdEncoding.EncodeToString([]byte(policy))
	for _, part := range []string{date, "us-east-1", "s3", "aws4_request", encoded} {
		h := hmac.New(sha256.New, mac)
		h.Write([]byte(part))
		mac = h.Sum(nil)
	}
	fields := map[string]string{
		"key": "uploads/1", "policy": encoded, "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-signature": hex.EncodeToString(mac),
		"x-amz-credential": key + "/" + date + "/us-east-1/s3/aws4_request", "x-amz-date": now.Format("20060102T150405Z"),
	}
	maps.Copy(fields, more)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if value != "" {
			_ = w.WriteField(name, value) // into memory
		}
	}
	part, _ := w.CreateFormFile("file", "cat.png")
	_, _ = part.Write([]byte("picture"))
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, "http://s3.local/pictures", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}
