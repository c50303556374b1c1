package template_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mercato/localstack/template"
)

const named = `
Resources:
  DBMigrate: {Type: "AWS::Serverless::Function"}
  GetV2Orders: {Type: "AWS::Serverless::Function"}
  OrdersGetAB: {Type: "AWS::Serverless::Function"}
  OrdersS3Put: {Type: "AWS::Serverless::Function"}
`

// TestName: what SAM builds for a function, and what the checks of the template take for it, is what runs here.
func TestName(t *testing.T) {
	t.Parallel()
	odd := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(odd, []byte(named), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{odd, "../../template.yaml"} {
		loaded, err := template.Load(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range loaded.Functions {
			out, err := exec.Command("../../tools/sam/name.sh", f.LogicalID).CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != f.Name {
				t.Errorf("%s is %s here, and %s to SAM: %v", f.LogicalID, f.Name, got, err)
			}
		}
	}
}
