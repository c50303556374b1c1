package awstest

import (
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"mercato/shared/platform"
	ours "mercato/shared/platform/aws/s3"
	"mercato/shared/platform/fault"
)

var bucketClient = map[string]func(*bucketTest){
	"client/round trip":  (*bucketTest).clientRoundTrip,
	"client/limit":       (*bucketTest).clientLimit,
	"client/missing":     (*bucketTest).clientMissing,
	"client/form":        (*bucketTest).clientForm,
	"client/unavailable": (*bucketTest).clientUnavailable,
	"client/needs":       (*bucketTest).clientNeeds,
}

// ours is the bucket as a function sees it, under the name that its variable belongs to.
func (b *bucketTest) ours(name, variable string) platform.Bucket {
	b.Helper()
	return b.host.env(b.T, map[string]string{variable: b.name}, ours.Client).Bucket(name)
}

func (b *bucketTest) pictures() platform.Bucket {
	b.Helper()
	return b.ours("pictures", "PICTURES_BUCKET")
}

func (b *bucketTest) clientRoundTrip() {
	bucket := b.ours("web", "WEB_BUCKET")
	put := platform.Object{Body: []byte("page"), ContentType: "text/html", CacheControl: "no-cache"}
	must(b, bucket.Put(b.Context(), "index.html", put))
	got := value(bucket.Get(b.Context(), "index.html", 100))(b)
	if string(got.Body) != "page" || got.ContentType != put.ContentType || got.CacheControl != put.CacheControl {
		b.Errorf("got %+v, put %+v", got, put)
	}
	must(b, bucket.Delete(b.Context(), "index.html"))
	must(b, bucket.Delete(b.Context(), "index.html"))
	b.lacks("index.html")
}

func (b *bucketTest) clientLimit() {
	b.put("k", "0123456789")
	if got, err := b.pictures().Get(b.Context(), "k", 10); err != nil || len(got.Body) != 10 {
		b.Errorf("at the limit: %+v, %v", got, err)
	}
	if _, err := b.pictures().Get(b.Context(), "k", 9); fault.KindOf(err) != fault.Invalid {
		b.Errorf("over the limit: %v", err)
	}
}

func (b *bucketTest) clientMissing() {
	if _, err := b.pictures().Get(b.Context(), "absent", 9); fault.KindOf(err) != fault.NotFound {
		b.Errorf("answered %v", err)
	}
}

func (b *bucketTest) clientForm() {
	form := value(b.pictures().PresignPost(b.Context(), upload, picture, 4, 10, time.Minute))(b)
	b.is(b.post(form, "a picture that is large", nil), http.StatusBadRequest, "EntityTooLarge")
	if got := b.post(form, "picture", nil); got.status != http.StatusNoContent {
		b.Errorf("answered %d %s", got.status, got.body)
	}
	got := value(b.pictures().Get(b.Context(), upload, 10))(b)
	if string(got.Body) != "picture" || got.ContentType != picture {
		b.Errorf("got %+v", got)
	}
}

func (b *bucketTest) clientUnavailable() {
	bucket := b.pictures()
	value(b.client.DeleteBucket(b.Context(), &s3.DeleteBucketInput{Bucket: &b.name}))(b)
	_, err := bucket.Get(b.Context(), "k", 9)
	for doing, err := range map[string]error{
		"Get": err, "Put": bucket.Put(b.Context(), "k", platform.Object{}), "Delete": bucket.Delete(b.Context(), "k"),
	} {
		if fault.KindOf(err) != fault.Unavailable || err.Error() == "" {
			b.Errorf("%s: %v, want Unavailable", doing, err)
		}
	}
}

func (b *bucketTest) clientNeeds() {
	env := platform.Recording()
	if env.Bucket("pictures") != nil || !slices.Equal(env.Needs(), []string{"bucket:pictures"}) {
		b.Errorf("needs %v", env.Needs())
	}
}
