package template_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mercato/localstack/template"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	loaded, err := template.Load("testdata/shop.yaml", map[string]string{"Stage": "local", "DatabaseUrl": "postgres://here"})
	if err != nil {
		t.Fatal(err)
	}
	globals := map[string]string{"STAGE": "local", "DATABASE_URL": "postgres://here", "DEBUG": "true", "LEVEL": "info"}
	want := []template.Function{
		{LogicalID: "DBMigrate", Name: "db-migrate", MemoryMB: 128, Timeout: 10 * time.Second, Environment: globals},
		{
			LogicalID: "NotFound", Name: "not-found", MemoryMB: 128, Timeout: 10 * time.Second, Environment: globals,
			Routes: []template.Route{{Path: "$default"}},
		},
		ordersCreate(),
		{
			LogicalID: "OutboxRelay", Name: "outbox-relay", MemoryMB: 128, Timeout: 10 * time.Second, Environment: globals,
			Schedules: []template.Schedule{
				{Name: "OutboxRelayTick", Expression: "rate(1 minute)"},
				{Name: "nightly", Expression: "rate(1 day)", Input: json.RawMessage(`{"prune": true}`)},
			},
		},
	}
	if diff := cmp.Diff(want, loaded.Functions, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
	parameters := map[string]string{"Stage": "local", "DatabaseUrl": "postgres://here", "Zones": "a,b", "Small": "128"}
	if diff := cmp.Diff(parameters, loaded.Parameters()); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

func ordersCreate() template.Function {
	return template.Function{
		LogicalID: "OrdersCreate", Name: "orders-create", MemoryMB: 256, Timeout: 29 * time.Second, Concurrency: 4,
		Environment: map[string]string{
			"STAGE": "local", "DATABASE_URL": "postgres://here",
			"DEBUG": "true", // what NoValue leaves out, Globals still give
			"LEVEL": "debug",
			"KEY":   "arn:aws:secretsmanager:us-east-1:000000000000:secret:mercato/local/session", "KEY_TOO": "arn:aws:secretsmanager:us-east-1:000000000000:secret:mercato/local/session",
			"QUEUE": "DeadLetters.Arn", "QUEUE_LONG": "DeadLetters.QueueName", "QUEUE_URL": "DeadLetters",
			"ROLE": "OrdersCreateRole.Arn", "PLAIN": "us-east-1/000000000000/${Kept}/local",
			"MAPPED": "x-b local", "JOINED": "a,b", "SPLIT": "c", "NESTED": "yes", "BOTH": "no",
		},
		Routes: []template.Route{{Method: "POST", Path: "/api/orders"}, {Method: "ANY", Path: "/api/orders/{id}"}},
		Policies: []template.Statement{
			{
				Effect: "Allow", Actions: []string{"rds-db:connect"},
				Resources: []string{"arn:aws:rds-db:us-east-1:000000000000:dbuser:${Database.DbiResourceId}/orders"},
			},
			{
				Effect: "Allow", Actions: []string{"sqs:SendMessage", "sqs:GetQueueUrl"},
				Resources: []string{"DeadLetters.Arn", "arn:aws:secretsmanager:us-east-1:000000000000:secret:mercato/local/session"},
			},
		},
	}
}

func TestLoad_defaults_and_conditions(t *testing.T) {
	t.Parallel()
	loaded, err := template.Load("testdata/shop.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded.Functions) != 3 {
		t.Errorf("%d functions, want 3: the one with the condition IsLocal must be gone", len(loaded.Functions))
	}
	create := loaded.Functions[1]
	if got := create.Environment["DATABASE_URL"]; got != "DatabaseUrl" {
		t.Errorf("parameter without a value: %q, want its name", got)
	}
	if create.MemoryMB != 512 || create.Concurrency != 0 || create.Environment["BOTH"] != "yes" || create.Environment["NESTED"] != "no" {
		t.Errorf("stage prod: %+v", create)
	}
}

// function is a template of one function with the given properties, which start at line 4.
func function(properties string) string {
	return "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n" + properties
}

func TestLoad_refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, want string
		params     map[string]string
	}{
		"unknown parameter":   {text: "Parameters: {A: {Type: String}}", params: map[string]string{"B": "1"}, want: "unknown parameter B"},
		"value not allowed":   {text: "Parameters:\n  A: {Type: String, AllowedValues: [x]}", params: map[string]string{"A": "y"}, want: "line 2: parameter A"},
		"parameter unset":     {text: "Parameters: {A: {Type: String}}\n" + function("      Timeout: !Ref A"), want: "line 6: Timeout must be"},
		"unknown intrinsic":   {text: function("      Timeout: !Frob 1"), want: "line 5: unknown intrinsic function Frob"},
		"unknown long form":   {text: function("      Timeout: {'Fn::Frob': 1}"), want: "line 5: unknown intrinsic function Frob"},
		"unknown reference":   {text: function("      Timeout: !Ref Nothing"), want: "line 5: Nothing"},
		"unknown in Sub":      {text: function("      Environment: {Variables: {A: !Sub '${Nothing}'}}"), want: "line 5: Nothing"},
		"unknown attribute":   {text: function("      Environment: {Variables: {A: !GetAtt Nothing.Arn}}"), want: "line 5: GetAtt"},
		"unknown condition":   {text: function("      Timeout: !If [C, 1, 2]"), want: `line 5: unknown condition "C"`},
		"condition of itself": {text: "Conditions:\n  C: !Not [!Condition C]\n" + function("      Timeout: !If [C, 1, 2]"), want: "depends on itself"},
		"anchor in itself":    {text: function("      Environment: &a [*a]"), want: "anchor"},
		"no such mapping":     {text: function("      Timeout: !FindInMap [A, B, C]"), want: "line 5: no A"},
		"select beyond":       {text: function("      Timeout: !Select [3, [1, 2]]"), want: "line 5: no element 3"},
		"key twice":           {text: function("      Timeout: 1\n      Timeout: 2"), want: "line 6: Timeout stands twice"},
		"merge key":           {text: function("      <<: {Timeout: 1}"), want: "line 5: a key"},
		"no number":           {text: function("      Timeout: soon"), want: "line 5: Timeout"},
		"variable is a list":  {text: function("      Environment: {Variables: {A: [1]}}"), want: "line 5: environment variable A"},
		"event type":          {text: function("      Events: {E: {Type: Kafka}}"), want: "event type Kafka"},
		"half a route":        {text: function("      Events: {E: {Type: HttpApi, Properties: {Path: /x}}}"), want: "line 5: needs a Method"},
		"route without slash": {text: function("      Events: {E: {Type: HttpApi, Properties: {Path: x, Method: get}}}"), want: "line 5: needs a Method"},
		"input not JSON":      {text: function("      Events: {E: {Type: Schedule, Properties: {Schedule: rate(1 day), Input: '{'}}}"), want: "line 5: Input"},
		"no expression":       {text: function("      Events: {E: {Type: ScheduleV2}}"), want: "ScheduleExpression"},
		"policy template":     {text: function("      Policies: [{SQSPollerPolicy: {QueueName: q}}]"), want: "SQSPollerPolicy"},
		"half a statement":    {text: function("      Policies: [{Statement: {Effect: Allow, Action: x}}]"), want: "line 5: a statement"},
		"two APIs":            {text: "Resources:\n  A: {Type: AWS::Serverless::HttpApi}\n  B: {Type: AWS::Serverless::HttpApi}", want: "line 3: a second HTTP API"},
		"event off the API": {
			text: function("      Events: {E: {Type: HttpApi, Properties: {Path: /x, Method: get}}}") + "\n  A: {Type: AWS::Serverless::HttpApi}",
			want: "lacks its ApiId",
		},
		"not YAML": {text: "a: [", want: "yaml"},
		"empty":    {text: "", want: "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "template.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := template.Load(path, c.params)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestLoad_implicit_api(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "template.yaml")
	text := function("      Events: {E: {Type: HttpApi, Properties: {Path: /x, Method: Get}}}")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := template.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := loaded.Functions[0]
	want := template.Function{
		LogicalID: "F", Name: "f", MemoryMB: 128, Timeout: 3 * time.Second,
		Environment: map[string]string{}, Routes: []template.Route{{Method: "GET", Path: "/x"}},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzLoad(f *testing.F) {
	text, err := os.ReadFile("testdata/shop.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(function("      Policies: [{Statement: !If [A, B]}]"))
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "template.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = template.Load(path, nil) // it may refuse, it must not panic or hang
	})
}
