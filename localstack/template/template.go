// Package template reads a SAM template as the local stack needs it: the functions with their
// routes, schedules, environment and inline policies, the queues, the buckets and the names of the
// secrets. Everything else in the file is left unread.
package template

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

// Template is what one file says for one set of parameter values.
type Template struct {
	Functions []Function // sorted by Name
	Queues    []Queue    // as they stand in the file, like the next two
	Buckets   []Bucket
	Secrets   []Secret

	parameters map[string]string
}

// Parameters returns every parameter that has a value, given or by default.
func (t *Template) Parameters() map[string]string { return maps.Clone(t.parameters) }

// Function is one AWS::Serverless::Function, with Globals.Function merged in.
type Function struct {
	LogicalID   string            // OrdersCreate
	Name        string            // orders-create: the logical id in kebab case
	MemoryMB    int               // 128 where the template is silent, as on AWS
	Timeout     time.Duration     // 3 s where the template is silent, as on AWS
	Concurrency int               // ReservedConcurrentExecutions; 0 = none reserved
	Environment map[string]string // never nil
	Routes      []Route           // in the order of the events in the file
	Schedules   []Schedule        // only those that are switched on
	Policies    []Statement       // inline statements only
}

// Route is one HttpApi event. The API's catch-all has the Path "$default" and no Method.
type Route struct {
	Method string // upper case; ANY for all of them
	Path   string
}

// Schedule is one Schedule or ScheduleV2 event.
type Schedule struct {
	Name       string
	Expression string
	Zone       string          // IANA name of the time zone that a cron(..) or at(..) means; empty for UTC
	Input      json.RawMessage // nil where the template gives none
}

// Statement is one inline policy statement. Variables of a Sub that only a deployment
// knows stay in it as ${Name}.
type Statement struct {
	Effect    string
	Actions   []string
	Resources []string
	Except    []string // what NotResource names, in place of Resources
}

// Load reads the template at path with params laid over its Defaults. What only a deployment knows (a
// resource's name or attribute, a parameter with neither value nor Default) comes out as its own
// name. It fails on parameter names that the template does not declare, and on any syntax that it
// does not know in what it reads; such errors name the line.
func Load(path string, params map[string]string) (*Template, error) {
	return LoadMade(path, params, nil)
}

// LoadMade is Load where some resources have been made already, by logical id: what refers to one of these
// gets what it turned out to be.
func LoadMade(path string, params map[string]string, made map[string]Made) (*Template, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	t, err := parse(text, params, made)
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", path, err)
	}
	return t, nil
}

func parse(text []byte, params map[string]string, made map[string]Made) (*Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return nil, fmt.Errorf("is empty")
	}
	if err := checkKeys(&document); err != nil {
		return nil, err
	}
	r, err := newResolver(document.Content[0], params)
	if err != nil {
		return nil, err
	}
	r.made = made
	t := &Template{parameters: r.texts()}
	if t.Functions, err = readFunctions(r); err != nil {
		return nil, err
	}
	slices.SortFunc(t.Functions, func(a, b Function) int { return cmp.Compare(a.Name, b.Name) })
	if t.Queues, err = readEach(r, queueType, readQueue); err != nil {
		return nil, err
	}
	if t.Buckets, err = readEach(r, bucketType, readBucket); err != nil {
		return nil, err
	}
	t.Secrets, err = readEach(r, secretType, readSecret)
	return t, err
}
