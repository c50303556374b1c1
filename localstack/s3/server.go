// Package s3 is Amazon S3 for one machine: gofakes3 with its objects in a directory, behind a guard that checks the
// signatures, the policies of forms and CORS as S3 does.
package s3

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/johannesboyne/gofakes3"

	"mercato/localstack/sigv4"
)

// Config is what a Server needs.
type Config struct {
	Directory   string // where the objects are kept; made when it is missing
	Key, Secret string // the one login that there is
	Buckets     []Bucket
}

// A Bucket is one that there is from the start.
type Bucket struct {
	Name   string
	CORS   []Rule
	Public []string // prefixes of the keys that anybody may read
}

// Server answers the SDK's requests, with the bucket in the path, and browsers' forms. It is an http.Handler.
type Server struct {
	login sigv4.Login
	store *store
	s3    http.Handler
}

// Open answers a server with the buckets of the configuration beside those that the directory holds. One process at a
// time may have the directory open.
func Open(c Config) (*Server, error) {
	kept, err := openStore(c.Directory)
	if err != nil {
		return nil, fmt.Errorf("buckets: %w", err)
	}
	for _, b := range c.Buckets {
		if err := kept.configure(b); err != nil {
			return nil, fmt.Errorf("bucket %s: %w", b.Name, err)
		}
	}
	// The guard checks the time of a request, in every way in which it can be signed.
	fake := gofakes3.New(kept, gofakes3.WithTimeSkewLimit(0), gofakes3.WithoutVersioning())
	return &Server{sigv4.Login{Key: c.Key, Secret: c.Secret}, kept, fake.Server()}, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	rules := s.store.rules(bucket)
	answer := &answer{ResponseWriter: w, id: requestID(), cors: allow(rules, r.Header.Get("Origin"), r.Method, nil)}
	if err := s.serve(answer, r, bucket, key, rules); err != nil {
		answer.refuse(r, err)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, bucket, key string, rules []Rule) error {
	switch r.Method {
	case http.MethodOptions:
		return preflight(w, r, rules)
	case http.MethodPost:
		if key == "" && isForm(r) {
			return s.upload(w, r, bucket)
		}
		if !r.URL.Query().Has("delete") {
			return errMethod
		}
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
	default:
		return errMethod
	}
	body, err := s.admit(r, bucket, key)
	if err != nil {
		return err
	}
	if err := known(r.URL.Query()); err != nil {
		return err
	}
	if handle := s.subresource(r, key); handle != nil {
		return handle(w, r, bucket, body)
	}
	if r.Method == http.MethodPut && key == "" && s.store.has(bucket) {
		return nil // as us-east-1 does for the bucket's owner
	}
	s.s3.ServeHTTP(w, forward(r, body))
	return nil
}

// admit answers the body of a request that may be served: a signed one, or anybody's that reads a public object.
func (s *Server) admit(r *http.Request, bucket, key string) ([]byte, error) {
	var claimed *sigv4.Signature
	var err error
	switch {
	case r.URL.Query().Has("X-Amz-Algorithm") || r.URL.Query().Has("X-Amz-Signature"):
		claimed, err = s.presigned(r)
	case r.Header.Get("Authorization") != "":
		claimed, err = s.authorized(r)
	case (r.Method == http.MethodGet || r.Method == http.MethodHead) && s.store.public(bucket, key):
		return nil, nil
	default:
		return nil, denied("Access Denied")
	}
	if err != nil {
		return nil, err
	}
	if err := s.login.Verify(r, claimed); err != nil {
		return nil, err
	}
	return readBody(r, claimed.Payload)
}

func requestID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails, by its contract
	return strings.ToUpper(hex.EncodeToString(id[:]))
}
