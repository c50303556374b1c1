package awstest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

var bucketAccess = map[string]func(*bucketTest){
	"access/presigned get":       (*bucketTest).presignedGet,
	"access/presigned changed":   (*bucketTest).presignedChanged,
	"access/presigned expired":   (*bucketTest).presignedExpired,
	"access/presigned put":       (*bucketTest).presignedPut,
	"access/presigned head":      (*bucketTest).presignedOtherMethod,
	"access/wrong secret":        (*bucketTest).wrongSecret,
	"access/unknown key":         (*bucketTest).unknownKey,
	"access/old signature":       (*bucketTest).oldSignature,
	"access/another body":        (*bucketTest).anotherBody,
	"access/anonymous":           (*bucketTest).anonymous,
	"access/public prefix":       (*bucketTest).publicPrefix,
	"cors/preflight":             (*bucketTest).preflight,
	"cors/preflight refused":     (*bucketTest).preflightRefused,
	"cors/patterns":              (*bucketTest).corsPatterns,
	"cors/response":              (*bucketTest).corsResponse,
	"cors/none":                  (*bucketTest).corsNone,
	"cors/configuration":         (*bucketTest).corsConfiguration,
	"cors/configuration refused": (*bucketTest).corsRefused,
}

func (b *bucketTest) presigner() *s3.PresignClient { return s3.NewPresignClient(b.client) }

func (b *bucketTest) presignGet(key string) string {
	b.Helper()
	return value(b.presigner().PresignGetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.name, Key: &key}))(b).URL
}

func (b *bucketTest) presignedGet() {
	b.put("a b/ü", "secret")
	if got := b.request(http.MethodGet, b.presignGet("a b/ü"), nil, nil); got.status != http.StatusOK || got.body != "secret" {
		b.Errorf("answered %d %s", got.status, got.body)
	}
	b.is(b.request(http.MethodGet, b.presignGet("absent"), nil, nil), http.StatusNotFound, "NoSuchKey")
}

func (b *bucketTest) presignedChanged() {
	b.put("k", "secret")
	b.put("l", "secret")
	url := b.presignGet("k")
	for what, changed := range map[string]string{
		"key":     strings.Replace(url, "/k?", "/l?", 1),
		"life":    strings.Replace(url, "X-Amz-Expires=900", "X-Amz-Expires=9000", 1),
		"headers": url + "&response-content-type=text%2Fhtml",
	} {
		if changed == url {
			b.Fatalf("%s: nothing to change in %s", what, url)
		}
		b.is(b.request(http.MethodGet, changed, nil, nil), http.StatusForbidden, "SignatureDoesNotMatch")
	}
}

// signed answers a presigned URL of another time than now.
func (b *bucketTest) signed(key, life string, at time.Time) string {
	b.Helper()
	r := value(http.NewRequestWithContext(b.Context(), http.MethodGet, b.url(key)+"?X-Amz-Expires="+life, nil))(b)
	login := value(b.host.credentials().Retrieve(b.Context()))(b)
	url, _, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).
		PresignHTTP(b.Context(), login, r, "UNSIGNED-PAYLOAD", "s3", region, at)
	must(b, err)
	return url
}

func (b *bucketTest) presignedExpired() {
	b.put("k", "secret")
	if got := b.request(http.MethodGet, b.signed("k", "600", time.Now().Add(-time.Minute)), nil, nil); got.status != http.StatusOK {
		b.Errorf("in time: %d %s", got.status, got.body)
	}
	b.is(b.request(http.MethodGet, b.signed("k", "60", time.Now().Add(-time.Hour)), nil, nil), http.StatusForbidden, "AccessDenied")
}

func (b *bucketTest) presignedPut() {
	url := value(b.presigner().PresignPutObject(b.Context(), &s3.PutObjectInput{
		Bucket: &b.name, Key: aws.String("k"), ContentType: aws.String("image/png"),
	}))(b).URL
	png := map[string]string{"Content-Type": "image/png"}
	if got := b.request(http.MethodPut, url, []byte("picture"), png); got.status != http.StatusOK {
		b.Fatalf("answered %d %s", got.status, got.body)
	}
	b.holds("k", "picture")
	b.is(b.request(http.MethodPut, url, []byte("page"), map[string]string{"Content-Type": "text/html"}), http.StatusForbidden, "SignatureDoesNotMatch")
	b.holds("k", "picture")
}

func (b *bucketTest) presignedOtherMethod() {
	b.put("k", "secret")
	b.is(b.request(http.MethodDelete, b.presignGet("k"), nil, nil), http.StatusForbidden, "SignatureDoesNotMatch")
	b.holds("k", "secret")
}

func (b *bucketTest) wrongSecret() {
	_, err := s3Client(b.host, b.host.Key, "not the secret").ListObjectsV2(b.Context(), &s3.ListObjectsV2Input{Bucket: &b.name})
	coded(b, err, "SignatureDoesNotMatch")
}

func (b *bucketTest) unknownKey() {
	_, err := s3Client(b.host, "AKIANOBODY", b.host.Secret).ListObjectsV2(b.Context(), &s3.ListObjectsV2Input{Bucket: &b.name})
	coded(b, err, "InvalidAccessKeyId")
}

// put signs the request for a body, at a time, and sends another one.
func (b *bucketTest) putSigned(signed, sent string, at time.Time) reply {
	b.Helper()
	r := value(http.NewRequestWithContext(b.Context(), http.MethodPut, b.url("k"), strings.NewReader(signed)))(b)
	login := value(b.host.credentials().Retrieve(b.Context()))(b)
	sum := sha256.Sum256([]byte(signed))
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	must(b, v4.NewSigner().SignHTTP(b.Context(), login, r, hex.EncodeToString(sum[:]), "s3", region, at))
	header := map[string]string{}
	for name := range r.Header {
		header[name] = r.Header.Get(name)
	}
	return b.request(http.MethodPut, b.url("k"), []byte(sent), header)
}

func (b *bucketTest) oldSignature() {
	if got := b.putSigned("x", "x", time.Now().Add(-5*time.Minute)); got.status != http.StatusOK {
		b.Errorf("in time: %d %s", got.status, got.body)
	}
	b.is(b.putSigned("x", "x", time.Now().Add(-20*time.Minute)), http.StatusForbidden, "RequestTimeTooSkewed")
}

func (b *bucketTest) anotherBody() {
	b.is(b.putSigned("abc", "xyz", time.Now()), http.StatusBadRequest, "XAmzContentSHA256Mismatch")
	b.lacks("k")
}

func (b *bucketTest) anonymous() {
	b.put("k", "secret")
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		b.is(b.request(method, b.url("k"), nil, nil), http.StatusForbidden, "AccessDenied")
	}
	b.is(b.request(http.MethodGet, b.url(""), nil, nil), http.StatusForbidden, "AccessDenied")
	b.holds("k", "secret")
}

func (b *bucketTest) publicPrefix() {
	value(b.client.PutBucketPolicy(b.Context(), &s3.PutBucketPolicyInput{Bucket: &b.name, Policy: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + b.name + `/images/*"}]}`)}))(b)
	b.put("images/1", "picture")
	b.put("uploads/1", "unseen")
	got := b.request(http.MethodGet, b.url("images/1"), nil, nil)
	if got.status != http.StatusOK || got.body != "picture" || got.header.Get("Content-Type") != "text/plain" {
		b.Errorf("answered %d %v %s", got.status, got.header, got.body)
	}
	b.is(b.request(http.MethodGet, b.url("uploads/1"), nil, nil), http.StatusForbidden, "AccessDenied")
	b.is(b.request(http.MethodDelete, b.url("images/1"), nil, nil), http.StatusForbidden, "AccessDenied")
	if got := b.request(http.MethodGet, b.url("images/../uploads/1"), nil, nil); got.status < http.StatusBadRequest {
		b.Errorf("around the prefix: %d %s", got.status, got.body)
	}
	b.is(b.request(http.MethodGet, b.url("")+"?prefix=images/", nil, nil), http.StatusForbidden, "AccessDenied")
}

func (b *bucketTest) allow(origins, headers []string) {
	b.Helper()
	value(b.client.PutBucketCors(b.Context(), &s3.PutBucketCorsInput{Bucket: &b.name, CORSConfiguration: &types.CORSConfiguration{
		CORSRules: []types.CORSRule{{
			AllowedOrigins: origins, AllowedMethods: []string{"POST", "GET"}, AllowedHeaders: headers,
			ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(600),
		}},
	}}))(b)
}

const page = "https://shop.example"

func (b *bucketTest) allowPage() {
	b.Helper()
	b.allow([]string{page}, []string{"Content-Type"})
}

func (b *bucketTest) ask(origin, method, headers string) reply {
	b.Helper()
	set := map[string]string{"Origin": origin, "Access-Control-Request-Method": method}
	if headers != "" {
		set["Access-Control-Request-Headers"] = headers
	}
	return b.request(http.MethodOptions, b.url("k"), nil, set)
}

func (b *bucketTest) preflight() {
	b.allowPage()
	got := b.ask(page, http.MethodPost, "content-type")
	if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != page ||
		!strings.Contains(got.header.Get("Access-Control-Allow-Methods"), "POST") ||
		!strings.EqualFold(got.header.Get("Access-Control-Allow-Headers"), "content-type") ||
		got.header.Get("Access-Control-Max-Age") != "600" {
		b.Errorf("answered %d %v", got.status, got.header)
	}
}

func (b *bucketTest) corsPatterns() {
	b.allow([]string{"https://*.shop.example"}, []string{"X-Amz-*"})
	got := b.ask("https://eu.shop.example", http.MethodPost, "x-amz-date,x-amz-meta-owner")
	if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "https://eu.shop.example" {
		b.Errorf("answered %d %v", got.status, got.header)
	}
	for what, got := range map[string]reply{
		"origin": b.ask("https://shop.example", http.MethodPost, ""),
		"header": b.ask("https://eu.shop.example", http.MethodPost, "x-amz-date,content-type"),
	} {
		if got.status != http.StatusForbidden {
			b.Errorf("%s: %d %v", what, got.status, got.header)
		}
	}
}

func (b *bucketTest) preflightRefused() {
	b.allowPage()
	for what, got := range map[string]reply{
		"origin": b.ask("https://evil.example", http.MethodPost, ""),
		"method": b.ask(page, http.MethodDelete, ""),
		"header": b.ask(page, http.MethodPost, "X-Amz-Acl"),
	} {
		if got.status != http.StatusForbidden || got.header.Get("Access-Control-Allow-Origin") != "" {
			b.Errorf("%s: %d %v", what, got.status, got.header)
		}
	}
}

func (b *bucketTest) corsResponse() {
	b.allowPage()
	b.put("k", "x")
	url := b.presignGet("k")
	got := b.request(http.MethodGet, url, nil, map[string]string{"Origin": page})
	if got.header.Get("Access-Control-Allow-Origin") != page || got.header.Get("Access-Control-Expose-Headers") != "ETag" {
		b.Errorf("ours: %v", got.header)
	}
	got = b.request(http.MethodGet, url, nil, map[string]string{"Origin": "https://evil.example"})
	if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "" {
		b.Errorf("another's: %d %v", got.status, got.header)
	}
}

func (b *bucketTest) corsNone() {
	b.put("k", "x")
	got := b.request(http.MethodGet, b.presignGet("k"), nil, map[string]string{"Origin": page})
	if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "" {
		b.Errorf("answered %d %v", got.status, got.header)
	}
	if got := b.ask(page, http.MethodPost, ""); got.status != http.StatusForbidden {
		b.Errorf("preflight: %d %v", got.status, got.header)
	}
}

func (b *bucketTest) corsConfiguration() {
	_, err := b.client.GetBucketCors(b.Context(), &s3.GetBucketCorsInput{Bucket: &b.name})
	coded(b, err, "NoSuchCORSConfiguration")
	b.allowPage()
	out := value(b.client.GetBucketCors(b.Context(), &s3.GetBucketCorsInput{Bucket: &b.name}))(b)
	if len(out.CORSRules) != 1 || out.CORSRules[0].AllowedOrigins[0] != page {
		b.Errorf("rules %+v", out.CORSRules)
	}
	value(b.client.DeleteBucketCors(b.Context(), &s3.DeleteBucketCorsInput{Bucket: &b.name}))(b)
	if got := b.ask(page, http.MethodPost, ""); got.status != http.StatusForbidden {
		b.Errorf("preflight after the rules are gone: %d", got.status)
	}
}

func (b *bucketTest) corsRefused() {
	_, err := b.client.PutBucketCors(b.Context(), &s3.PutBucketCorsInput{Bucket: &b.name, CORSConfiguration: &types.CORSConfiguration{
		CORSRules: []types.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"PATCH"}}},
	}})
	coded(b, err, "InvalidRequest")
}
