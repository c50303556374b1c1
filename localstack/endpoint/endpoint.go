// Package endpoint is the one address behind which the stand-ins for Secrets Manager, SQS and S3 are, as behind an
// AWS_ENDPOINT_URL. Any user of the machine can reach it, so it believes signed requests only.
package endpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"

	"mercato/localstack/s3"
	"mercato/localstack/secrets"
	"mercato/localstack/sigv4"
	"mercato/localstack/sqs"
)

// maxBody bounds the body of a request to a JSON service, in bytes: a batch of SQS holds 1 MiB, and JSON writes a byte in
// six at most.
const maxBody = 7 << 20

// Where a state directory keeps what is behind the endpoint.
const (
	queueDirectory  = "sqs"
	bucketDirectory = "s3"
)

// Endpoint answers the SDK's requests and browsers' forms. It is an http.Handler.
type Endpoint struct {
	login   sigv4.Login
	secrets http.Handler
	queues  *sqs.Server
	buckets http.Handler // S3 decides itself who may ask: it has public objects, forms and presigned URLs
}

// Open answers an endpoint for callers with the login, with what the state directory keeps. One process at a time may
// have it open.
func Open(state string, login sigv4.Login) (*Endpoint, error) {
	buckets, err := s3.Open(s3.Config{Directory: filepath.Join(state, bucketDirectory), Key: login.Key, Secret: login.Secret})
	if err != nil {
		return nil, err
	}
	queues, err := sqs.Open(filepath.Join(state, queueDirectory))
	if err != nil {
		return nil, err
	}
	return &Endpoint{login, secrets.Handler(state), queues, buckets}, nil
}

// Close ends the long polls under way; a server that waits for them is to be stopped afterwards. What is kept stays.
func (e *Endpoint) Close() error { return e.queues.Close() }

// Wipe removes the queues and buckets of a state directory, and nothing that somebody else has put beside them.
func Wipe(state string) error {
	return errors.Join(sqs.Wipe(filepath.Join(state, queueDirectory)), s3.Wipe(filepath.Join(state, bucketDirectory)))
}

// ServeHTTP tells the services apart as their clients do: by X-Amz-Target; S3's alone do not have it. (A ServeMux would
// clean the path, and S3's keys are paths.)
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch target {
	case "secretsmanager":
		e.guard(w, r, "secretsmanager", e.secrets)
	case "AmazonSQS":
		e.guard(w, r, "sqs", e.queues)
	case "":
		e.buckets.ServeHTTP(w, r)
	default:
		refuse(w, http.StatusBadRequest, "UnknownOperationException", target+" is not emulated here: Secrets Manager, SQS and S3 are.")
	}
}

// guard hands on what the login has signed.
func (e *Endpoint) guard(w http.ResponseWriter, r *http.Request, service string, next http.Handler) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request is too large, or ends early.")
		return
	}
	if err := e.believe(r, service, body); err != nil {
		refused, _ := errors.AsType[*sigv4.Refusal](err) // it fails with no other
		refuse(w, refused.Status, codes[refused.Code], refused.Message)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	next.ServeHTTP(w, r)
}

func (e *Endpoint) believe(r *http.Request, service string, body []byte) error {
	if r.Header.Get("Authorization") == "" {
		return &sigv4.Refusal{Status: http.StatusForbidden, Code: sigv4.CodeDenied, Message: "Request is missing Authentication Token"}
	}
	sum := sha256.Sum256(body)
	claimed, err := sigv4.Header(r, service, hex.EncodeToString(sum[:]))
	if err != nil {
		return err
	}
	return e.login.Verify(r, claimed)
}

// codes are the JSON services' words for S3's.
var codes = map[string]string{
	sigv4.CodeDenied:     "MissingAuthenticationTokenException",
	sigv4.CodeMalformed:  "IncompleteSignatureException",
	sigv4.CodeMismatch:   "InvalidSignatureException",
	sigv4.CodeSkewed:     "RequestExpired",
	sigv4.CodeUnknownKey: "UnrecognizedClientException",
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message}) // the client went away
}
