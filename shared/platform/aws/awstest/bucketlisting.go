package awstest

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

var bucketListing = map[string]func(*bucketTest){
	"list/in order":    (*bucketTest).listOrder,
	"list/prefix":      (*bucketTest).listPrefix,
	"list/folders":     (*bucketTest).listFolders,
	"list/pages":       (*bucketTest).listPages,
	"list/start after": (*bucketTest).listAfter,
	"list/empty":       (*bucketTest).listEmpty,
}

// list answers the keys and, in brackets, the folders of a listing.
func (b *bucketTest) list(in *s3.ListObjectsV2Input) (found string, next *string) {
	b.Helper()
	in.Bucket = &b.name
	out := value(b.client.ListObjectsV2(b.Context(), in))(b)
	var names []string
	for _, o := range out.Contents {
		names = append(names, *o.Key)
	}
	for _, p := range out.CommonPrefixes {
		names = append(names, "["+*p.Prefix+"]")
	}
	if aws.ToBool(out.IsTruncated) != (out.NextContinuationToken != nil) {
		b.Errorf("truncated %v, but token %v", aws.ToBool(out.IsTruncated), out.NextContinuationToken)
	}
	return strings.Join(names, " "), out.NextContinuationToken
}

func (b *bucketTest) listed(in *s3.ListObjectsV2Input, want string) {
	b.Helper()
	if got, _ := b.list(in); got != want {
		b.Errorf("listed %q, want %q", got, want)
	}
}

func (b *bucketTest) fill(keys ...string) {
	b.Helper()
	for _, key := range keys {
		b.put(key, "x")
	}
}

func (b *bucketTest) listOrder() {
	b.fill("b", "a/b", "a", "a-b", "ä")
	b.listed(&s3.ListObjectsV2Input{}, "a a-b a/b b ä")
}

func (b *bucketTest) listPrefix() {
	b.fill("images/1", "images/2", "image", "other")
	b.listed(&s3.ListObjectsV2Input{Prefix: aws.String("images/")}, "images/1 images/2")
	b.listed(&s3.ListObjectsV2Input{Prefix: aws.String("im")}, "image images/1 images/2")
}

func (b *bucketTest) listFolders() {
	b.fill("images/1", "images/2", "images/big/1", "index", "web/x")
	b.listed(&s3.ListObjectsV2Input{Delimiter: aws.String("/")}, "index [images/] [web/]")
	b.listed(&s3.ListObjectsV2Input{Delimiter: aws.String("/"), Prefix: aws.String("images/")}, "images/1 images/2 [images/big/]")
}

func (b *bucketTest) listPages() {
	b.fill("a/1", "a/2", "b", "c", "d/1", "e")
	var all []string
	in := &s3.ListObjectsV2Input{Delimiter: aws.String("/"), MaxKeys: aws.Int32(2)}
	for range 4 {
		page, next := b.list(in)
		all = append(all, page)
		if in.ContinuationToken = next; next == nil {
			break
		}
	}
	if got := fmt.Sprint(all); got != "[b [a/] c [d/] e]" {
		b.Errorf("pages %s", got)
	}
}

func (b *bucketTest) listAfter() {
	b.fill("a", "b", "c")
	b.listed(&s3.ListObjectsV2Input{StartAfter: aws.String("a")}, "b c")
}

func (b *bucketTest) listEmpty() { b.listed(&s3.ListObjectsV2Input{}, "") }
