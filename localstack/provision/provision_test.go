package provision_test

import (
	"strings"
	"testing"

	"mercato/localstack/provision"
	"mercato/localstack/template"
)

func TestApply(t *testing.T) {
	t.Parallel()
	testApply(embedded(t))
}

func TestApply_emulator(t *testing.T) {
	t.Parallel()
	testApply(emulator(t))
}

func testApply(d *depot) {
	made := d.must(d.apply(nil))
	failed, parked := made["Failed"], made["Parked"]
	got := d.attributes(failed.Ref)
	if got["VisibilityTimeout"] != "60" || got["MessageRetentionPeriod"] != "1209600" || got["QueueArn"] != failed.Attributes["Arn"] {
		d.Errorf("attributes %v of %+v", got, failed)
	}
	if policy := got["RedrivePolicy"]; !strings.Contains(policy, parked.Attributes["Arn"]) || !strings.Contains(policy, "3") {
		d.Errorf("RedrivePolicy %s", policy)
	}
	if failed.Attributes["QueueName"] != d.prefix+"-failed" || !strings.HasSuffix(parked.Ref, d.prefix+"-parked") {
		d.Errorf("made %+v", made)
	}
	bucket := made["Pictures"]
	if bucket.Ref != d.prefix+"-pictures" || bucket.Attributes["Arn"] != "arn:aws:s3:::"+bucket.Ref {
		d.Errorf("made %+v", bucket)
	}
	if origins := d.origins(bucket.Ref); len(origins) != 1 || origins[0] != "*" {
		d.Errorf("origins %v", origins)
	}
	if got := d.secret(made["Key"].Ref); got != d.value {
		d.Errorf("the secret is %q", got)
	}
}

func TestApplyAgain(t *testing.T) {
	t.Parallel()
	testApplyAgain(embedded(t))
}

func TestApplyAgain_emulator(t *testing.T) {
	t.Parallel()
	testApplyAgain(emulator(t))
}

// testApplyAgain: a changed template changes what is there.
func testApplyAgain(d *depot) {
	first := d.must(d.apply(nil))
	second := d.must(d.apply(map[string]string{"Wait": "7"}))
	for id, made := range first {
		if second[id].Ref != made.Ref {
			d.Errorf("%s: %+v, before %+v", id, second[id], made)
		}
	}
	got := d.attributes(first["Failed"].Ref)
	if got["ReceiveMessageWaitTimeSeconds"] != "7" || got["VisibilityTimeout"] != "60" || got["RedrivePolicy"] != "" {
		d.Errorf("attributes %v", got)
	}
	if origins := d.origins(first["Pictures"].Ref); origins != nil {
		d.Errorf("origins %v", origins)
	}
	d.must(d.apply(map[string]string{"Origin": "https://shop.example"}))
	if origins := d.origins(first["Pictures"].Ref); len(origins) != 1 || origins[0] != "https://shop.example" {
		d.Errorf("origins %v", origins)
	}
	if got := d.attributes(first["Failed"].Ref); got["ReceiveMessageWaitTimeSeconds"] != "0" || got["RedrivePolicy"] == "" {
		d.Errorf("attributes %v", got)
	}
}

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	testApplyRefuses(embedded(t))
}

func TestApplyRefuses_emulator(t *testing.T) {
	t.Parallel()
	testApplyRefuses(emulator(t))
}

// testApplyRefuses: a secret with another value is somebody's, and an error names the resource.
func testApplyRefuses(d *depot) {
	key := d.must(d.apply(nil))["Key"]
	before := d.value
	d.value = "another key"
	if _, err := d.apply(nil); err == nil || !strings.Contains(err.Error(), "secret Key:") || !strings.Contains(err.Error(), "MERCATO_HOME") {
		d.Errorf("another value: %v", err)
	}
	if got := d.secret(key.Ref); got != before {
		d.Errorf("the secret became %q", got)
	}
	d.value = before
	d.prefix = "not/a/name"
	if _, err := d.apply(nil); err == nil || !strings.Contains(err.Error(), "queue Failed:") {
		d.Errorf("a bad name: %v", err)
	}
}

// TestApply_badAttribute: LocalStack takes any.
func TestApply_badAttribute(t *testing.T) {
	t.Parallel()
	if _, err := embedded(t).apply(map[string]string{"Wait": "soon"}); err == nil || !strings.Contains(err.Error(), "queue Failed:") {
		t.Errorf("answered %v", err)
	}
}

func TestApply_noValue(t *testing.T) {
	t.Parallel()
	d := embedded(t)
	_, err := provision.Apply(t.Context(), d.host, provision.Wanted{
		Load: func(made map[string]template.Made) (*template.Template, error) {
			return template.LoadMade("testdata/depot.yaml", map[string]string{"Prefix": d.prefix}, made)
		},
		Secret: func(string) (string, bool) { return "", false },
	})
	if err == nil || !strings.Contains(err.Error(), "has no value on one machine") {
		t.Errorf("answered %v", err)
	}
}
