package awstest

import (
	"bytes"
	"encoding/base64"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"mercato/shared/platform"
)

var bucketForms = map[string]func(*bucketTest){
	"form/upload":               (*bucketTest).formUpload,
	"form/size":                 (*bucketTest).formSize,
	"form/another key":          (*bucketTest).formKey,
	"form/key prefix":           (*bucketTest).formPrefix,
	"form/file name":            (*bucketTest).formFilename,
	"form/another type":         (*bucketTest).formType,
	"form/expired":              (*bucketTest).formExpired,
	"form/changed policy":       (*bucketTest).formChanged,
	"form/another signer":       (*bucketTest).formSigner,
	"form/another bucket":       (*bucketTest).formBucket,
	"form/extra field":          (*bucketTest).formExtra,
	"form/no policy":            (*bucketTest).formAnonymous,
	"form/no key":               (*bucketTest).formNoKey,
	"form/no file":              (*bucketTest).formNoFile,
	"form/fields after file":    (*bucketTest).formAfter,
	"form/created":              (*bucketTest).formCreated,
	"form/broken":               (*bucketTest).formBroken,
	"form/read by a page":       (*bucketTest).formCORS,
	"form/replaced by a second": (*bucketTest).formTwice,
}

const (
	picture = "image/png"
	upload  = "uploads/1"
)

// form presigns an upload of 4 to 10 bytes with more conditions, and gives the fields their values.
func (b *bucketTest) form(life time.Duration, more ...any) platform.Form {
	b.Helper()
	out := value(b.presigner().PresignPostObject(b.Context(), &s3.PutObjectInput{Bucket: &b.name, Key: aws.String(upload)}, func(o *s3.PresignPostOptions) {
		o.Expires = life
		o.Conditions = append([]any{
			[]any{"content-length-range", 4, 10},
			map[string]string{"Content-Type": picture},
		}, more...)
	}))(b)
	out.Values["Content-Type"] = picture
	return platform.Form{URL: out.URL, Fields: out.Values}
}

// post sends a form as a browser does: the file last.
func (b *bucketTest) post(f platform.Form, body string, header map[string]string) reply {
	b.Helper()
	var text bytes.Buffer
	w := multipart.NewWriter(&text)
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		must(b, w.WriteField(name, f.Fields[name]))
	}
	part := value(w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="cat.png"`}, "Content-Type": {"application/octet-stream"},
	}))(b)
	value(part.Write([]byte(body)))(b)
	must(b, w.Close())
	set := map[string]string{"Content-Type": w.FormDataContentType()}
	maps.Copy(set, header)
	return b.request(http.MethodPost, f.URL, text.Bytes(), set)
}

func (b *bucketTest) formUpload() {
	got := b.post(b.form(time.Minute), "picture", nil)
	if got.status != http.StatusNoContent || got.header.Get("ETag") == "" {
		b.Errorf("answered %d %v %s", got.status, got.header, got.body)
	}
	b.holds(upload, "picture")
	head := value(b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String(upload)}))(b)
	if *head.ContentType != picture {
		b.Errorf("the object is %s", *head.ContentType)
	}
}

func (b *bucketTest) formSize() {
	b.is(b.post(b.form(time.Minute), strings.Repeat("x", 11), nil), http.StatusBadRequest, "EntityTooLarge")
	b.is(b.post(b.form(time.Minute), strings.Repeat("x", 100_000), nil), http.StatusBadRequest, "EntityTooLarge")
	b.is(b.post(b.form(time.Minute), "xxx", nil), http.StatusBadRequest, "EntityTooSmall")
	b.lacks(upload)
	for _, fits := range []string{"xxxx", "xxxxxxxxxx"} {
		if got := b.post(b.form(time.Minute), fits, nil); got.status != http.StatusNoContent {
			b.Errorf("%d bytes: %d %s", len(fits), got.status, got.body)
		}
	}
}

func (b *bucketTest) formKey() {
	f := b.form(time.Minute)
	f.Fields["key"] = "uploads/2"
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "AccessDenied")
	b.lacks("uploads/2")
}

func (b *bucketTest) formPrefix() {
	f := b.form(time.Minute, []any{"starts-with", "$key", "uploads/"})
	f.Fields["key"] = "uploads/any"
	if got := b.post(f, "picture", nil); got.status != http.StatusNoContent {
		b.Errorf("answered %d %s", got.status, got.body)
	}
	b.holds("uploads/any", "picture")
	f.Fields["key"] = "images/any"
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "AccessDenied")
}

func (b *bucketTest) formFilename() {
	f := b.form(time.Minute, []any{"starts-with", "$key", "uploads/"})
	f.Fields["key"] = "uploads/${filename}"
	if got := b.post(f, "picture", nil); got.status != http.StatusNoContent {
		b.Errorf("answered %d %s", got.status, got.body)
	}
	b.holds("uploads/cat.png", "picture")
}

func (b *bucketTest) formType() {
	f := b.form(time.Minute)
	f.Fields["Content-Type"] = "text/html"
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "AccessDenied")
	delete(f.Fields, "Content-Type")
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "AccessDenied")
	b.lacks(upload)
}

func (b *bucketTest) formExpired() {
	b.is(b.post(b.form(-time.Minute), "picture", nil), http.StatusForbidden, "AccessDenied")
	b.lacks(upload)
}

func (b *bucketTest) formChanged() {
	f := b.form(time.Minute)
	text := value(base64.StdEncoding.DecodeString(f.Fields["policy"]))(b)
	wider := strings.Replace(string(text), ",4,10]", ",4,99]", 1)
	if wider == string(text) {
		b.Fatalf("nothing to change in %s", text)
	}
	f.Fields["policy"] = base64.StdEncoding.EncodeToString([]byte(wider))
	b.is(b.post(f, "a picture that is large", nil), http.StatusForbidden, "SignatureDoesNotMatch")
	b.lacks(upload)
}

func (b *bucketTest) formSigner() {
	b.client = s3Client(b.host, b.host.Key, "not the secret")
	f := b.form(time.Minute)
	b.client = s3Client(b.host, b.host.Key, b.host.Secret)
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "SignatureDoesNotMatch")
	f = b.form(time.Minute)
	f.Fields["X-Amz-Signature"] = strings.Repeat("0", 64)
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "SignatureDoesNotMatch")
	b.lacks(upload)
}

func (b *bucketTest) formBucket() {
	other := openBucket(b.T, b.host)
	f := b.form(time.Minute)
	f.URL = strings.Replace(f.URL, b.name, other.name, 1)
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "AccessDenied")
	other.lacks(upload)
}

func (b *bucketTest) formExtra() {
	f := b.form(time.Minute)
	f.Fields["x-amz-meta-owner"] = "somebody else"
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "AccessDenied")
	b.lacks(upload)
}

func (b *bucketTest) formAnonymous() {
	f := platform.Form{URL: b.url(""), Fields: map[string]string{"key": upload}}
	b.is(b.post(f, "picture", nil), http.StatusForbidden, "AccessDenied")
	b.lacks(upload)
}

func (b *bucketTest) formNoKey() {
	f := b.form(time.Minute)
	delete(f.Fields, "key")
	b.is(b.post(f, "picture", nil), http.StatusBadRequest, "InvalidArgument")
}

// raw sends the parts of a form in the order given: a field's name and value, "file" for the file.
func (b *bucketTest) raw(url string, parts ...[2]string) reply {
	b.Helper()
	var text bytes.Buffer
	w := multipart.NewWriter(&text)
	for _, p := range parts {
		if p[0] == "file" {
			value(value(w.CreateFormFile("file", "cat.png"))(b).Write([]byte(p[1])))(b)
			continue
		}
		must(b, w.WriteField(p[0], p[1]))
	}
	must(b, w.Close())
	return b.request(http.MethodPost, url, text.Bytes(), map[string]string{"Content-Type": w.FormDataContentType()})
}

func (b *bucketTest) formNoFile() {
	f := b.form(time.Minute)
	var parts [][2]string
	for name, value := range f.Fields {
		parts = append(parts, [2]string{name, value})
	}
	b.is(b.raw(f.URL, parts...), http.StatusBadRequest, "InvalidArgument")
}

// formAfter: what comes after the file counts for nothing.
func (b *bucketTest) formAfter() {
	f := b.form(time.Minute)
	var before, after [][2]string
	for name, value := range f.Fields {
		if name == "policy" {
			after = append(after, [2]string{name, value})
			continue
		}
		before = append(before, [2]string{name, value})
	}
	got := b.raw(f.URL, append(append(before, [2]string{"file", "picture"}), after...)...)
	if got.status < http.StatusBadRequest {
		b.Errorf("answered %d %s", got.status, got.body)
	}
	b.lacks(upload)
}

func (b *bucketTest) formCreated() {
	f := b.form(time.Minute, map[string]string{"success_action_status": "201"})
	f.Fields["success_action_status"] = "201"
	got := b.post(f, "picture", nil)
	if got.status != http.StatusCreated || !strings.Contains(got.body, "<Key>"+upload+"</Key>") || !strings.Contains(got.body, "<Bucket>"+b.name+"</Bucket>") {
		b.Errorf("answered %d %s", got.status, got.body)
	}
}

func (b *bucketTest) formBroken() {
	got := b.request(http.MethodPost, b.url(""), []byte("--x\r\nnot a form"), map[string]string{"Content-Type": "multipart/form-data; boundary=x"})
	if got.status < http.StatusBadRequest || got.status >= http.StatusInternalServerError {
		b.Errorf("answered %d %s", got.status, got.body)
	}
}

func (b *bucketTest) formCORS() {
	b.allowPage()
	got := b.post(b.form(time.Minute), "picture", map[string]string{"Origin": page})
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Origin") != page {
		b.Errorf("answered %d %v", got.status, got.header)
	}
	// A page must be able to read why it was refused.
	got = b.post(b.form(time.Minute), "xxx", map[string]string{"Origin": page})
	if got.status != http.StatusBadRequest || got.header.Get("Access-Control-Allow-Origin") != page {
		b.Errorf("refused: %d %v", got.status, got.header)
	}
}

func (b *bucketTest) formTwice() {
	f := b.form(time.Minute)
	b.post(f, "first", nil)
	b.post(f, "second", nil)
	b.holds(upload, "second")
}
