package sam_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/sam"
	"mercato/localstack/template"
)

var greeting = map[string]map[string]string{"Hello": {"NAME": "secret", "OTHER": "x"}}

func TestWriteVariables(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "variables.json")
	if err := os.WriteFile(path, []byte("old, and for everybody to read"), 0o644); err != nil { //nolint:gosec // that is the case
		t.Fatal(err)
	}
	if err := sam.WriteVariables(path, greeting); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]string
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(greeting, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDeclare(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "template.yaml")
	const built = `
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Environment: {Variables: {NAME: of all}}}}
Resources:
  Api: {Type: AWS::Serverless::HttpApi}
  Hello:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Hello, Timeout: 7, Events: {E: {Type: HttpApi, Properties: {ApiId: {Ref: Api}, Method: GET, Path: /}}}}
`
	if err := os.WriteFile(path, []byte(built), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sam.Declare(path, greeting); err != nil {
		t.Fatal(err)
	}
	got, err := template.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := got.Functions[0]
	if diff := cmp.Diff(map[string]string{"NAME": "", "OTHER": ""}, f.Environment); diff != "" || f.Timeout.Seconds() != 7 || len(f.Routes) != 1 {
		t.Errorf("%+v\n%s", f, diff)
	}
	if err := sam.Declare(path, map[string]map[string]string{"Nobody": {}}); err == nil {
		t.Error("a function that is not there was declared")
	}
}
