package s3_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"mercato/localstack/s3"
)

func TestRestart(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	c := client(open(t, config(directory)))
	keys := []string{"a", "a/b", "images/1", "../outside", "/rooted", "two\nlines", strings.Repeat("ü", 500)}
	for _, name := range keys {
		put(t, c, name, "of "+name)
	}
	put(t, c, "gone", "x")
	if _, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("pictures"), Key: aws.String("gone")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("another")}); err != nil {
		t.Fatal(err)
	}

	server := open(t, config(directory))
	c = client(server)
	for _, name := range keys {
		if got := get(t, c, name); got != "of "+name {
			t.Errorf("%q holds %q", name, got)
		}
	}
	_, err := c.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("pictures"), Key: aws.String("gone")})
	if _, ok := errors.AsType[*types.NoSuchKey](err); !ok {
		t.Errorf("deleted: %v", err)
	}
	out, err := c.ListBuckets(t.Context(), &sdk.ListBucketsInput{})
	if err != nil || len(out.Buckets) != 2 {
		t.Errorf("buckets %+v, %v", out, err)
	}
	if status, _ := serve(server, request(http.MethodGet, "/pictures/images/1", "")); status != http.StatusOK {
		t.Errorf("a public object: %d", status)
	}
	if _, err := os.Stat(filepath.Join(directory, "outside")); err == nil {
		t.Error("a key left its bucket")
	}
}

func TestRestart_afterKill(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	put(t, client(open(t, config(directory))), "k", "kept")
	half := filepath.Join(directory, "pictures", ".new-1")
	if err := os.WriteFile(half, []byte(`{"Key":"k`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := get(t, client(open(t, config(directory))), "k"); got != "kept" {
		t.Errorf("holds %q", got)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("half a file is left")
	}
	for _, name := range []string{"object", "bucket.json"} {
		if err := os.WriteFile(filepath.Join(directory, "pictures", name), []byte("nonsense\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s3.Open(config(directory))
		if err == nil || !strings.Contains(err.Error(), filepath.Join("pictures", name)) || !strings.Contains(err.Error(), "make reset") {
			t.Errorf("a broken %s: %v", name, err)
		}
	}
}

func TestOpen_configures(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	put(t, client(open(t, config(directory))), "images/1", "x")
	less := config(directory)
	less.Buckets[0].Public, less.Buckets[0].CORS = nil, nil
	server := open(t, less)
	if status, code := serve(server, request(http.MethodGet, "/pictures/images/1", "")); status != http.StatusForbidden || code != "AccessDenied" {
		t.Errorf("no longer public: %d %s", status, code)
	}
	_, err := client(server).GetBucketCors(t.Context(), &sdk.GetBucketCorsInput{Bucket: aws.String("pictures")})
	if err == nil {
		t.Error("the rules are still there")
	}
	if get(t, client(server), "images/1") != "x" {
		t.Error("the objects are gone")
	}
	bad := config(t.TempDir())
	bad.Buckets[0].Name = "../pictures"
	if _, err := s3.Open(bad); err == nil || !strings.Contains(err.Error(), "../pictures") {
		t.Errorf("a bad name: %v", err)
	}
}
