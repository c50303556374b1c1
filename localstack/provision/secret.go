package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"mercato/localstack/template"
)

// makeSecret makes a secret with its value. One that is there with another value may be what somebody's sessions are
// signed with: it is never replaced.
func (c *clients) makeSecret(ctx context.Context, name string, value func(string) (string, bool)) (template.Made, error) {
	wanted, known := value(name)
	if !known {
		return template.Made{}, fmt.Errorf("%s has no value on one machine: only the session key has", name)
	}
	got, err := c.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
	if _, absent := errors.AsType[*types.ResourceNotFoundException](err); absent {
		out, err := c.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &wanted})
		if err != nil {
			return template.Made{}, err
		}
		return template.Made{Ref: aws.ToString(out.ARN)}, nil
	}
	if err != nil {
		return template.Made{}, err
	}
	if aws.ToString(got.SecretString) != wanted {
		return template.Made{}, fmt.Errorf("%s is there with another value, which another state directory has made: name that one with MERCATO_HOME, or remove the secret (aws secretsmanager delete-secret --secret-id %s --force-delete-without-recovery)", name, name)
	}
	return template.Made{Ref: aws.ToString(got.ARN)}, nil
}
