package provision

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"mercato/localstack/template"
)

// makeBucket makes a bucket unless it is there.
func (c *clients) makeBucket(ctx context.Context, name string) (template.Made, error) {
	_, err := c.buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	if _, there := errors.AsType[*types.BucketAlreadyOwnedByYou](err); err != nil && !there {
		return template.Made{}, err
	}
	return template.Made{Ref: name, Attributes: map[string]string{"Arn": "arn:aws:s3:::" + name}}, nil
}

// configureBucket lets the pages use the bucket that the rules say, and no others.
func (c *clients) configureBucket(ctx context.Context, name string, rules []template.CORSRule) error {
	if len(rules) == 0 {
		_, err := c.buckets.DeleteBucketCors(ctx, &s3.DeleteBucketCorsInput{Bucket: &name})
		return err
	}
	in := &s3.PutBucketCorsInput{Bucket: &name, CORSConfiguration: &types.CORSConfiguration{}}
	for _, rule := range rules {
		r := types.CORSRule{
			AllowedOrigins: rule.Origins, AllowedMethods: rule.Methods, AllowedHeaders: rule.Headers, ExposeHeaders: rule.Expose,
		}
		if rule.MaxAge > 0 {
			r.MaxAgeSeconds = aws.Int32(int32(rule.MaxAge))
		}
		in.CORSConfiguration.CORSRules = append(in.CORSConfiguration.CORSRules, r)
	}
	_, err := c.buckets.PutBucketCors(ctx, in)
	return err
}
