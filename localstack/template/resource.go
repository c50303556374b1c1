package template

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Made is what a resource turned out to be where it was made: what !Ref gives for it, and !GetAtt by attribute.
type Made struct {
	Ref        string
	Attributes map[string]string
}

// readEach reads the resources of one type whose condition holds, in file order.
func readEach[T any](r *resolver, kind string, read func(*resolver, string, *yaml.Node) (T, error)) ([]T, error) {
	var all []T
	for _, id := range r.resourceIDs {
		resource := r.resources[id]
		if is := child(resource, "Type"); is == nil || is.Value != kind {
			continue
		}
		if condition := child(resource, "Condition"); condition != nil {
			holds, err := r.named(condition)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", id, err)
			}
			if !holds {
				continue
			}
		}
		one, err := read(r, id, resource)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// nameOf is a resource's own name, else one like those that CloudFormation gives.
func nameOf(r *resolver, id string, resource *yaml.Node, property string) (string, error) {
	get := &properties{resolver: r, node: child(resource, "Properties")}
	name := get.text(property)
	if name == "" {
		name = pseudo["AWS::StackName"] + "-" + id
	}
	return name, get.err
}

const secretType = "AWS::SecretsManager::Secret" //nolint:gosec // a type's name, no secret

// Secret is one AWS::SecretsManager::Secret. Its value is none of the template's business.
type Secret struct{ LogicalID, Name string }

func readSecret(r *resolver, id string, resource *yaml.Node) (Secret, error) {
	name, err := nameOf(r, id, resource, "Name")
	return Secret{id, name}, err
}

const bucketType = "AWS::S3::Bucket"

// Bucket is one AWS::S3::Bucket. What it has beside its name and CORS (encryption, lifecycle, public access) makes no
// difference on one machine.
type Bucket struct {
	LogicalID, Name string
	CORS            []CORSRule
}

// CORSRule lets pages of some origins use a bucket.
type CORSRule struct {
	Origins, Methods, Headers, Expose []string
	MaxAge                            int // seconds; 0 where the template is silent
}

func readBucket(r *resolver, id string, resource *yaml.Node) (Bucket, error) {
	name, err := nameOf(r, id, resource, "BucketName")
	b := Bucket{LogicalID: id, Name: strings.ToLower(name)} // CloudFormation lowers the names that it gives
	if err != nil {
		return b, err
	}
	n := child(child(resource, "Properties"), "CorsConfiguration")
	if n == nil {
		return b, nil
	}
	v, err := r.resolve(n)
	if err != nil {
		return b, err
	}
	whole, _ := v.(map[string]any)
	for _, entry := range listOf(whole["CorsRules"]) {
		rule, err := corsRule(n, entry)
		if err != nil {
			return b, err
		}
		b.CORS = append(b.CORS, rule)
	}
	return b, nil
}

func corsRule(n *yaml.Node, entry any) (CORSRule, error) {
	parts, _ := entry.(map[string]any)
	rule := CORSRule{
		Origins: stringsOf(listOf(parts["AllowedOrigins"])),
		Methods: stringsOf(listOf(parts["AllowedMethods"])),
		Headers: stringsOf(listOf(parts["AllowedHeaders"])),
		Expose:  stringsOf(listOf(parts["ExposedHeaders"])),
	}
	if len(rule.Origins) == 0 || len(rule.Methods) == 0 {
		return rule, at(n, "a CORS rule needs AllowedOrigins and AllowedMethods")
	}
	seconds, given := parts["MaxAge"].(string)
	if !given {
		return rule, nil
	}
	_, err := fmt.Sscan(seconds, &rule.MaxAge)
	if err != nil || rule.MaxAge < 0 {
		return rule, at(n, "MaxAge must be a whole number")
	}
	return rule, nil
}
