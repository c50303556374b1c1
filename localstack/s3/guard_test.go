package s3_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
)

func presign(t *testing.T, h http.Handler, life time.Duration) *http.Request {
	t.Helper()
	out, err := sdk.NewPresignClient(client(h)).PresignGetObject(t.Context(), &sdk.GetObjectInput{
		Bucket: aws.String("pictures"), Key: aws.String("k"),
	}, sdk.WithPresignExpires(life))
	if err != nil {
		t.Fatal(err)
	}
	return httptest.NewRequest(http.MethodGet, out.URL, nil)
}

func TestPresigned_endsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := open(t, config(t.TempDir()))
		put(t, client(server), "k", "x")
		r := presign(t, server, time.Hour)
		<-time.After(time.Hour)
		if status, code := serve(server, r.Clone(t.Context())); status != http.StatusOK {
			t.Errorf("in time: %d %s", status, code)
		}
		<-time.After(time.Nanosecond)
		if status, code := serve(server, r); status != http.StatusForbidden || code != "AccessDenied" {
			t.Errorf("late: %d %s", status, code)
		}
	})
}

func TestForm_endsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := open(t, config(t.TempDir()))
		r := func() *http.Request { return form(t, policy(time.Now().Add(time.Hour)), nil) }
		inTime, late := r(), r()
		<-time.After(time.Hour)
		if status, code := serve(server, inTime); status != http.StatusNoContent {
			t.Errorf("in time: %d %s", status, code)
		}
		<-time.After(time.Nanosecond)
		if status, code := serve(server, late); status != http.StatusForbidden || code != "AccessDenied" {
			t.Errorf("late: %d %s", status, code)
		}
	})
}

func TestHeaderSignature_fifteenMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := open(t, config(t.TempDir()))
		r := signed(t, request(http.MethodGet, "/pictures?list-type=2", ""), "")
		<-time.After(15 * time.Minute)
		if status, code := serve(server, r.Clone(t.Context())); status != http.StatusOK {
			t.Errorf("in time: %d %s", status, code)
		}
		<-time.After(time.Nanosecond)
		if status, code := serve(server, r); status != http.StatusForbidden || code != "RequestTimeTooSkewed" {
			t.Errorf("late: %d %s", status, code)
		}
	})
}

func TestPresigned_refuses(t *testing.T) {
	t.Parallel()
	server := open(t, config(t.TempDir()))
	put(t, client(server), "k", "x")
	for name, c := range map[string]struct {
		from, to string
		status   int
		code     string
	}{
		"another algorithm": {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", 400, "AuthorizationQueryParametersError"},
		"another service":   {"%2Fs3%2F", "%2Fsqs%2F", 400, "AuthorizationQueryParametersError"},
		"another region":    {"us-east-1", "eu-west-1", 403, "SignatureDoesNotMatch"},
		"another key":       {"Credential=local", "Credential=loca", 403, "InvalidAccessKeyId"},
		"over a week":       {"Expires=60", "Expires=604801", 400, "AuthorizationQueryParametersError"},
		"negative":          {"Expires=60", "Expires=-1", 400, "AuthorizationQueryParametersError"},
		"no host":           {"SignedHeaders=host", "SignedHeaders=", 403, "AccessDenied"},
		"no date":           {"X-Amz-Date=", "X-Date=", 400, "AuthorizationQueryParametersError"},
		"more to ask":       {"X-Amz-Expires", "versionId=1&X-Amz-Expires", 403, "SignatureDoesNotMatch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := presign(t, server, time.Minute).URL.String()
			changed := strings.Replace(url, c.from, c.to, 1)
			if changed == url {
				t.Fatalf("nothing to change in %s", url)
			}
			if status, code := serve(server, httptest.NewRequest(http.MethodGet, changed, nil)); status != c.status || code != c.code {
				t.Errorf("answered %d %s, want %d %s", status, code, c.status, c.code)
			}
		})
	}
}

// TestPresigned_unsignedHeader: what changes a request must be signed.
func TestPresigned_unsignedHeader(t *testing.T) {
	t.Parallel()
	server := open(t, config(t.TempDir()))
	put(t, client(server), "k", "x")
	out, err := sdk.NewPresignClient(client(server)).PresignPutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("pictures"), Key: aws.String("l")})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPut, out.URL, nil)
	r.Header.Set("X-Amz-Copy-Source", "pictures/k")
	if status, code := serve(server, r); status != http.StatusForbidden || code != "AccessDenied" {
		t.Errorf("answered %d %s", status, code)
	}
}

func TestSigned_refuses(t *testing.T) {
	t.Parallel()
	server := open(t, config(t.TempDir()))
	put(t, client(server), "k", "x")
	with := func(method, url string, change func(*http.Request)) *http.Request {
		r := signed(t, request(method, url, ""), "")
		if change != nil {
			change(r)
		}
		return r
	}
	streamed := request(http.MethodPut, "/pictures/k", "0\r\n\r\n")
	streamed.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	sign(t, streamed, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	endless := request(http.MethodPut, "/pictures/k", "")
	endless.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	sign(t, endless, "UNSIGNED-PAYLOAD")
	endless.ContentLength = -1
	large := request(http.MethodPut, "/pictures/k", "")
	large.ContentLength = 64<<20 + 1
	large.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	sign(t, large, "UNSIGNED-PAYLOAD")
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		code   string
	}{
		"another scheme":  {with("GET", "/pictures/k", func(r *http.Request) { r.Header.Set("Authorization", "Basic eA==") }), 400, "AuthorizationHeaderMalformed"},
		"no date":         {with("GET", "/pictures/k", func(r *http.Request) { r.Header.Del("X-Amz-Date") }), 403, "AccessDenied"},
		"no body's hash":  {with("GET", "/pictures/k", func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }), 400, "InvalidRequest"},
		"another path":    {with("GET", "/pictures/k", func(r *http.Request) { r.URL.Path = "/pictures/l" }), 403, "SignatureDoesNotMatch"},
		"another query":   {with("GET", "/pictures/k", func(r *http.Request) { r.URL.RawQuery = "x-id=y" }), 403, "SignatureDoesNotMatch"},
		"another method":  {with("GET", "/pictures/k", func(r *http.Request) { r.Method = "DELETE" }), 403, "SignatureDoesNotMatch"},
		"another host":    {with("GET", "/pictures/k", func(r *http.Request) { r.Host = "evil" }), 403, "SignatureDoesNotMatch"},
		"a header more":   {with("GET", "/pictures/k", func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", "pictures/l") }), 403, "AccessDenied"},
		"in chunks":       {streamed, 501, "NotImplemented"},
		"without length":  {endless, 411, "MissingContentLength"},
		"too large":       {large, 400, "EntityTooLarge"},
		"an upload":       {with("GET", "/pictures?uploads", nil), 501, "NotImplemented"},
		"a version":       {with("GET", "/pictures/k?versionId=1", nil), 501, "NotImplemented"},
		"an acl":          {with("PUT", "/pictures/k?acl", nil), 501, "NotImplemented"},
		"another verb":    {with("PATCH", "/pictures/k", nil), 405, "MethodNotAllowed"},
		"a post":          {with("POST", "/pictures/k", nil), 405, "MethodNotAllowed"},
		"rules of none":   {with("GET", "/nowhere?cors", nil), 404, "NoSuchBucket"},
		"policy of none":  {with("GET", "/nowhere?policy", nil), 404, "NoSuchBucket"},
		"no policy":       {with("GET", "/pictures?policy", nil), 404, "NoSuchBucketPolicy"},
		"other's removal": {with("DELETE", "/pictures", func(r *http.Request) { r.Header.Set("X-Minio-Force-Delete", "true") }), 409, "BucketNotEmpty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, code := serve(server, c.r); status != c.status || code != c.code {
				t.Errorf("answered %d %s, want %d %s", status, code, c.status, c.code)
			}
		})
	}
}

func TestPublic_readsOnly(t *testing.T) {
	t.Parallel()
	server := open(t, config(t.TempDir()))
	put(t, client(server), "images/1", "x")
	put(t, client(server), "uploads/1", "x")
	for url, want := range map[string]int{
		"/pictures/images/1": 200, "/pictures/images/absent": 404, "/pictures/uploads/1": 403, "/pictures/images": 403,
		"/pictures": 403, "/": 403, "/nowhere/images/1": 403, "/pictures/images/1?acl": 501,
	} {
		if status, code := serve(server, request(http.MethodGet, url, "")); status != want {
			t.Errorf("GET %s: %d %s, want %d", url, status, code, want)
		}
		if status, _ := serve(server, request(http.MethodHead, url, "")); status != want {
			t.Errorf("HEAD %s: %d, want %d", url, status, want)
		}
	}
	for _, method := range []string{"PUT", "DELETE", "POST"} {
		if status, _ := serve(server, request(method, "/pictures/images/1", "x")); status < 400 {
			t.Errorf("%s: %d", method, status)
		}
	}
}

// TestPublic_whole: a bucket whose objects anybody may read is not listed to anybody.
func TestPublic_whole(t *testing.T) {
	t.Parallel()
	c := config(t.TempDir())
	c.Buckets[0].Public = []string{""}
	server := open(t, c)
	put(t, client(server), "k", "x")
	if status, _ := serve(server, request(http.MethodGet, "/pictures/k", "")); status != http.StatusOK {
		t.Errorf("an object: %d", status)
	}
	for _, url := range []string{"/pictures", "/pictures/", "/pictures?cors"} {
		if status, code := serve(server, request(http.MethodGet, url, "")); status != http.StatusForbidden || code != "AccessDenied" {
			t.Errorf("%s: %d %s", url, status, code)
		}
	}
}
