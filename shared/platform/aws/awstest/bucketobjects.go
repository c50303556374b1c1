package awstest

import (
	"crypto/md5" //nolint:gosec // S3's checksum of an object, no secret
	"encoding/hex"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

var bucketObjects = map[string]func(*bucketTest){
	"object/round trip":       (*bucketTest).roundTrip,
	"object/head":             (*bucketTest).head,
	"object/empty":            (*bucketTest).emptyObject,
	"object/overwrite":        (*bucketTest).overwrite,
	"object/missing":          (*bucketTest).missing,
	"object/delete":           (*bucketTest).deleteObject,
	"object/delete many":      (*bucketTest).deleteMany,
	"object/range":            (*bucketTest).partly,
	"object/range beyond":     (*bucketTest).beyond,
	"object/copy":             (*bucketTest).copyObject,
	"object/only if none":     (*bucketTest).onlyIfNone,
	"object/not modified":     (*bucketTest).notModified,
	"object/awkward keys":     (*bucketTest).awkwardKeys,
	"object/content md5":      (*bucketTest).contentMD5,
	"bucket/create again":     (*bucketTest).createBucketAgain,
	"bucket/bad name":         (*bucketTest).badBucketName,
	"bucket/missing":          (*bucketTest).missingBucket,
	"bucket/delete not empty": (*bucketTest).deleteFull,
	"bucket/delete":           (*bucketTest).deleteBucket,
}

func (b *bucketTest) roundTrip() {
	const body = "hello"
	out := value(b.client.PutObject(b.Context(), &s3.PutObjectInput{
		Bucket: &b.name, Key: aws.String("a/b.txt"), Body: strings.NewReader(body), ContentType: aws.String("text/plain; charset=utf-8"),
		CacheControl: aws.String("public, max-age=31536000, immutable"), ContentDisposition: aws.String("inline"),
		Metadata: map[string]string{"owner": "someone"},
	}))(b)
	sum := md5.Sum([]byte(body)) //nolint:gosec // S3's checksum of an object, no secret
	want := `"` + hex.EncodeToString(sum[:]) + `"`
	got := value(b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("a/b.txt")}))(b)
	text := value(io.ReadAll(got.Body))(b)
	if string(text) != body || *got.ContentLength != 5 || *got.ETag != want || *out.ETag != want {
		b.Errorf("got %q, %d bytes, ETag %s, put as %s, want %s", text, *got.ContentLength, *got.ETag, *out.ETag, want)
	}
	if aws.ToString(got.ContentType) != "text/plain; charset=utf-8" || aws.ToString(got.CacheControl) != "public, max-age=31536000, immutable" ||
		aws.ToString(got.ContentDisposition) != "inline" || got.Metadata["owner"] != "someone" || got.LastModified == nil {
		b.Errorf("headers %v %v %v %v", aws.ToString(got.ContentType), aws.ToString(got.CacheControl), aws.ToString(got.ContentDisposition), got.Metadata)
	}
}

func (b *bucketTest) head() {
	b.put("k", "hello")
	got := value(b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String("k")}))(b)
	if *got.ContentLength != 5 || *got.ContentType != "text/plain" {
		b.Errorf("%d bytes of %s", *got.ContentLength, *got.ContentType)
	}
	_, err := b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String("absent")})
	refused[*types.NotFound](b, err)
}

func (b *bucketTest) emptyObject() {
	b.put("k", "")
	b.holds("k", "")
}

func (b *bucketTest) overwrite() {
	b.put("k", "first")
	b.put("k", "second")
	b.holds("k", "second")
}

func (b *bucketTest) missing() { b.lacks("absent") }

func (b *bucketTest) deleteObject() {
	b.put("k", "x")
	for range 2 { // it succeeds when there is nothing
		value(b.client.DeleteObject(b.Context(), &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String("k")}))(b)
		b.lacks("k")
	}
}

func (b *bucketTest) deleteMany() {
	b.put("a", "x")
	b.put("b", "x")
	b.put("c", "x")
	out := value(b.client.DeleteObjects(b.Context(), &s3.DeleteObjectsInput{Bucket: &b.name, Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("a")}, {Key: aws.String("c")}, {Key: aws.String("absent")}},
	}}))(b)
	if len(out.Deleted) != 3 || len(out.Errors) != 0 {
		b.Errorf("answered %+v", out)
	}
	b.lacks("a")
	b.holds("b", "x")
}

func (b *bucketTest) partly() {
	b.put("k", "0123456789")
	for asked, want := range map[string]string{"bytes=2-4": "234", "bytes=7-": "789", "bytes=-2": "89", "bytes=8-99": "89"} {
		got := value(b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("k"), Range: &asked}))(b)
		if text := value(io.ReadAll(got.Body))(b); string(text) != want {
			b.Errorf("%s: %q, want %q", asked, text, want)
		}
	}
}

func (b *bucketTest) beyond() {
	b.put("k", "0123456789")
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("k"), Range: aws.String("bytes=10-")})
	coded(b, err, "InvalidRange")
}

func (b *bucketTest) copyObject() {
	b.put("from here", "x")
	value(b.client.CopyObject(b.Context(), &s3.CopyObjectInput{
		Bucket: &b.name, Key: aws.String("to"), CopySource: aws.String(b.name + "/from%20here"),
	}))(b)
	b.holds("to", "x")
	got := value(b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String("to")}))(b)
	if *got.ContentType != "text/plain" {
		b.Errorf("the copy is %s", *got.ContentType)
	}
	_, err := b.client.CopyObject(b.Context(), &s3.CopyObjectInput{Bucket: &b.name, Key: aws.String("to"), CopySource: aws.String(b.name + "/absent")})
	coded(b, err, "NoSuchKey")
}

func (b *bucketTest) onlyIfNone() {
	in := func(body string) *s3.PutObjectInput {
		return &s3.PutObjectInput{Bucket: &b.name, Key: aws.String("k"), Body: strings.NewReader(body), IfNoneMatch: aws.String("*")}
	}
	value(b.client.PutObject(b.Context(), in("first")))(b)
	_, err := b.client.PutObject(b.Context(), in("second"))
	coded(b, err, "PreconditionFailed")
	b.holds("k", "first")
}

func (b *bucketTest) notModified() {
	etag := b.put("k", "x").ETag
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: aws.String("k"), IfNoneMatch: etag})
	coded(b, err, "NotModified")
}

func (b *bucketTest) awkwardKeys() {
	for _, key := range []string{"a b+c", "p%20q", "ü/ß/\U0001F600", "a", "a/b", "a/b/", "x~y!z'(1)*;:@&=$,?#[]", strings.Repeat("k", 1024)} {
		b.put(key, "of "+key)
		b.holds(key, "of "+key)
	}
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.name, Key: aws.String(strings.Repeat("k", 1025)), Body: strings.NewReader("x")})
	coded(b, err, "KeyTooLongError")
}

func (b *bucketTest) contentMD5() {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{
		Bucket: &b.name, Key: aws.String("k"), Body: strings.NewReader("x"), ContentMD5: aws.String("1B2M2Y8AsgTpgAmY7PhCfg=="), // of nothing
	})
	coded(b, err, "BadDigest")
	b.lacks("k")
}

func (b *bucketTest) createBucketAgain() {
	b.put("k", "x")
	value(b.client.CreateBucket(b.Context(), &s3.CreateBucketInput{Bucket: &b.name}))(b)
	b.holds("k", "x")
}

func (b *bucketTest) badBucketName() {
	_, err := b.client.CreateBucket(b.Context(), &s3.CreateBucketInput{Bucket: aws.String("No_Capitals")})
	coded(b, err, "InvalidBucketName")
}

func (b *bucketTest) missingBucket() {
	name := unique()
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &name, Key: aws.String("k")})
	coded(b, err, "NoSuchBucket")
	_, err = b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &name, Key: aws.String("k"), Body: strings.NewReader("x")})
	coded(b, err, "NoSuchBucket")
	_, err = b.client.HeadBucket(b.Context(), &s3.HeadBucketInput{Bucket: &name})
	refused[*types.NotFound](b, err)
}

func (b *bucketTest) deleteFull() {
	b.put("k", "x")
	_, err := b.client.DeleteBucket(b.Context(), &s3.DeleteBucketInput{Bucket: &b.name})
	coded(b, err, "BucketNotEmpty")
	b.holds("k", "x")
}

func (b *bucketTest) deleteBucket() {
	value(b.client.DeleteBucket(b.Context(), &s3.DeleteBucketInput{Bucket: &b.name}))(b)
	_, err := b.client.ListObjectsV2(b.Context(), &s3.ListObjectsV2Input{Bucket: &b.name})
	coded(b, err, "NoSuchBucket")
}
