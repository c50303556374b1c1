// Package provision makes what the template names at an endpoint that plays AWS (the local stack's own, LocalStack), and
// says what references to it then mean. It may run again at any time: what is there is brought in line and kept.
package provision

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"mercato/localstack/template"
)

const (
	region = "us-east-1"
	// callWithin is how long one call may take: an emulator's first call of a service takes seconds.
	callWithin = 30 * time.Second
)

// Host is who plays AWS.
type Host struct {
	Endpoint    string // URL
	Key, Secret string // login
}

// Wanted is what is to be made.
type Wanted struct {
	// Load reads the template where these resources have been made already.
	Load func(made map[string]template.Made) (*template.Template, error)
	// Secret answers the value of a secret by its name.
	Secret func(name string) (string, bool)
}

// Apply makes the queues, buckets and secrets at the host and answers, by logical id, what they turned out to be. An
// error names the resource; a host that does not answer is an error of the first.
func Apply(ctx context.Context, h Host, w Wanted) (map[string]template.Made, error) {
	c := connect(h)
	defer c.http.CloseIdleConnections()
	plan, err := w.Load(nil)
	if err != nil {
		return nil, err
	}
	made := map[string]template.Made{}
	for _, q := range plan.Queues {
		if made[q.LogicalID], err = c.makeQueue(ctx, q.Name); err != nil {
			return nil, fmt.Errorf("queue %s: %w", q.LogicalID, err)
		}
	}
	for _, b := range plan.Buckets {
		if made[b.LogicalID], err = c.makeBucket(ctx, b.Name); err != nil {
			return nil, fmt.Errorf("bucket %s: %w", b.LogicalID, err)
		}
	}
	for _, s := range plan.Secrets {
		if made[s.LogicalID], err = c.makeSecret(ctx, s.Name, w.Secret); err != nil {
			return nil, fmt.Errorf("secret %s: %w", s.LogicalID, err)
		}
	}
	return made, c.configure(ctx, w, made)
}

// configure sets what may refer to other resources, a dead-letter queue say: all of them are there now.
func (c *clients) configure(ctx context.Context, w Wanted, made map[string]template.Made) error {
	known, err := w.Load(made)
	if err != nil {
		return err
	}
	for _, q := range known.Queues {
		if err := c.configureQueue(ctx, made[q.LogicalID].Ref, q.Attributes); err != nil {
			return fmt.Errorf("queue %s: %w", q.LogicalID, err)
		}
	}
	for _, b := range known.Buckets {
		if err := c.configureBucket(ctx, b.Name, b.CORS); err != nil {
			return fmt.Errorf("bucket %s: %w", b.LogicalID, err)
		}
	}
	return nil
}

type clients struct {
	http    *http.Client
	queues  *sqs.Client
	buckets *s3.Client
	secrets *secretsmanager.Client
}

func connect(h Host) *clients {
	who := credentials.NewStaticCredentialsProvider(h.Key, h.Secret, "")
	c := &http.Client{Transport: &http.Transport{}, Timeout: callWithin}
	return &clients{
		http:    c,
		queues:  sqs.New(sqs.Options{Region: region, BaseEndpoint: &h.Endpoint, Credentials: who, HTTPClient: c}),
		buckets: s3.New(s3.Options{Region: region, BaseEndpoint: &h.Endpoint, Credentials: who, HTTPClient: c, UsePathStyle: true}),
		secrets: secretsmanager.New(secretsmanager.Options{Region: region, BaseEndpoint: &h.Endpoint, Credentials: who, HTTPClient: c}),
	}
}
