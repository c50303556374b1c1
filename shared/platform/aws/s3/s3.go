// Package s3 is a platform.Bucket on Amazon S3. A main grants it to the functions that need a bucket.
package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/fault"
)

// Client grants buckets: pictures and web.
var Client = platform.Grant{Kind: "bucket", Open: open}

// open builds the client by hand: the SDK's default configuration costs 3.7 ms of every cold start.
func open(c config.Config, name string) any {
	options := s3.Options{
		Region: c.AWSRegion,
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}
	if c.AWSEndpoint != "" {
		options.BaseEndpoint = aws.String(c.AWSEndpoint)
		options.UsePathStyle = true // a host name of its own for each bucket is AWS's alone
	}
	client := s3.New(options)
	id := map[string]string{"pictures": c.PicturesBucket, "web": c.WebBucket}[name]
	return &bucket{client, s3.NewPresignClient(client), name, aws.String(id)}
}

type bucket struct {
	client    *s3.Client
	presigner *s3.PresignClient
	name      string
	id        *string
}

// PresignPost implements platform.Bucket.
func (b *bucket) PresignPost(ctx context.Context, key, contentType string, minBytes, maxBytes int64, ttl time.Duration) (platform.Form, error) {
	input := &s3.PutObjectInput{Bucket: b.id, Key: &key}
	signed, err := b.presigner.PresignPostObject(ctx, input, func(o *s3.PresignPostOptions) {
		o.Expires = ttl
		o.Conditions = []any{
			[]any{"content-length-range", minBytes, maxBytes},
			map[string]string{"Content-Type": contentType},
		}
	})
	if err != nil {
		return platform.Form{}, b.unavailable(err)
	}
	signed.Values["Content-Type"] = contentType
	return platform.Form{URL: signed.URL, Fields: signed.Values}, nil
}

// Get implements platform.Bucket.
func (b *bucket) Get(ctx context.Context, key string, limit int64) (platform.Object, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: b.id, Key: &key})
	if _, absent := errors.AsType[*types.NoSuchKey](err); absent {
		return platform.Object{}, fault.New(fault.NotFound, "", "There is no such object.")
	}
	if err != nil {
		return platform.Object{}, b.unavailable(err)
	}
	defer out.Body.Close() //nolint:errcheck // read to its end, or too large to read
	if aws.ToInt64(out.ContentLength) > limit {
		return platform.Object{}, tooLarge(limit)
	}
	body, err := io.ReadAll(io.LimitReader(out.Body, limit+1)) // a length may be missing
	if err != nil {
		return platform.Object{}, b.unavailable(err)
	}
	if int64(len(body)) > limit {
		return platform.Object{}, tooLarge(limit)
	}
	return platform.Object{Body: body, ContentType: aws.ToString(out.ContentType), CacheControl: aws.ToString(out.CacheControl)}, nil
}

func tooLarge(limit int64) error {
	return fault.New(fault.Invalid, "too_large", "The object has more than %d bytes.", limit)
}

// Put implements platform.Bucket.
func (b *bucket) Put(ctx context.Context, key string, object platform.Object) error {
	input := &s3.PutObjectInput{
		Bucket: b.id, Key: &key, Body: bytes.NewReader(object.Body), ContentType: &object.ContentType,
	}
	if object.CacheControl != "" {
		input.CacheControl = &object.CacheControl
	}
	_, err := b.client.PutObject(ctx, input)
	return b.unavailable(err)
}

// Delete implements platform.Bucket.
func (b *bucket) Delete(ctx context.Context, key string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b.id, Key: &key})
	return b.unavailable(err)
}

func (b *bucket) unavailable(err error) error {
	if err == nil {
		return nil
	}
	failed := fault.New(fault.Unavailable, "", "The bucket %s does not answer.", b.name)
	failed.Err = err
	return failed
}
