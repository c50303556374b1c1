package functions_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"mercato/localstack/template"
	"mercato/shared/platform"
	"mercato/shared/platform/api"
	"mercato/shared/platform/config"
)

// sides are the five places that speak of functions; each must say the same.
type sides struct {
	directories []string   // under functions/
	endpoints   []api.Spec // the values
	workers     map[string]platform.Spec
	operations  map[string]string // of the OpenAPI document: id -> "METHOD /path"
	template    []template.Function
	connections int // MaxConnections of the template
}

// drift says where the sides differ.
func drift(s sides) (complaints []string) {
	wanted := slices.Collect(maps.Keys(s.workers))
	for _, e := range s.endpoints {
		wanted = append(wanted, e.Name)
	}
	var templated []string
	for _, f := range s.template {
		templated = append(templated, f.Name)
		complaints = append(complaints, s.functionDrift(f)...)
	}
	complaints = append(complaints, unequal("directories under functions/", s.directories, wanted)...)
	complaints = append(complaints, unequal("functions in template.yaml", templated, wanted)...)
	return append(complaints, unequal("operations of the OpenAPI document", pairs(s.operations), s.documented())...)
}

// functionDrift compares one function of the template with its value.
func (s sides) functionDrift(f template.Function) (complaints []string) {
	var routes []string
	for _, r := range f.Routes {
		routes = append(routes, strings.TrimSpace(r.Method+" "+r.Path))
	}
	spec, routed := s.workers[f.Name], []string(nil)
	for _, e := range s.endpoints {
		if e.Name == f.Name {
			spec, routed = e.Spec, []string{strings.TrimSpace(e.Method + " " + e.Path)}
		}
	}
	complaints = append(complaints, timing(f, spec)...)
	var granted []string
	for _, p := range f.Policies {
		granted = append(granted, grants(p)...)
	}
	for name := range f.Environment {
		if name != "GOMAXPROCS" && !slices.Contains(config.Names(), name) { // that one is the Go runtime's
			complaints = append(complaints, fmt.Sprintf("%s gets %s, which no function reads", f.Name, name))
		}
	}
	if _, named := f.Environment["SESSION_SECRET"]; slices.Contains(spec.Needs, "secret:session") != named {
		complaints = append(complaints, f.Name+" must get SESSION_SECRET exactly when it reads the secret")
	}
	for name, variable := range queues {
		if _, named := f.Environment[variable]; slices.Contains(spec.Needs, "queue:"+name) != named {
			complaints = append(complaints, f.Name+" must get "+variable+" exactly when it opens the queue")
		}
	}
	complaints = append(complaints, unequal("rights of "+f.Name+" in template.yaml", queueRights(f), queueUses(spec))...)
	complaints = append(complaints, unequal("routes of "+f.Name+" in template.yaml", routes, routed)...)
	return append(complaints, unequal("policies of "+f.Name+" in template.yaml", granted, spec.Needs)...)
}

// queues are the variables that hold the queues' URLs.
var queues = map[string]string{"orders-dlq": "ORDERS_DLQ_URL", "orders-parking": "ORDERS_PARKING_URL"}

// timing holds a function that loops to one schedule, to the time that a loop takes, and to the two that
// overlap; any other to the schedule that its value names, if any.
func timing(f template.Function, spec platform.Spec) (complaints []string) {
	if !spec.Loops {
		var have, want []string
		for _, s := range f.Schedules {
			have = append(have, s.Expression)
		}
		if spec.Schedule != "" {
			want = append(want, spec.Schedule)
		}
		return unequal("schedules of "+f.Name+" in template.yaml", have, want)
	}
	c, err := config.Load(func(string) (string, bool) { return "", false })
	const margin = 15 * time.Second // the reserve of a loop, and a batch in hand
	if err != nil || f.Timeout < c.ConsumeFor+margin {
		complaints = append(complaints, fmt.Sprintf("%s has %v for a loop of %v", f.Name, f.Timeout, c.ConsumeFor))
	}
	if len(f.Schedules) != 1 || f.Schedules[0].Expression != "rate(1 minute)" {
		complaints = append(complaints, f.Name+" loops and is not started every minute")
	}
	if f.Concurrency != 2 {
		complaints = append(complaints, f.Name+" needs a reserved concurrency of 2: one that ends, one that begins")
	}
	return complaints
}

// grants says in the words of Env what a policy statement lets a function open.
func grants(p template.Statement) (list []string) {
	for _, action := range p.Actions {
		switch {
		case p.Effect == "Deny" && strings.HasPrefix(action, "logs:"): // of what SAM grants unasked
		case p.Effect != "Allow":
			list = append(list, p.Effect)
		case action == "rds-db:connect":
			for _, r := range p.Resources {
				list = append(list, "postgres:"+r[strings.LastIndex(r, "/")+1:])
			}
		case action == "elasticache:Connect":
			list = append(list, cacheOf(p.Resources))
		case action == "secretsmanager:GetSecretValue":
			for _, r := range p.Resources {
				list = append(list, "secret:"+r[strings.LastIndex(r, ":")+1:])
			}
		case slices.Contains(queueActions, action):
			for _, r := range p.Resources {
				list = append(list, queueOf(r))
			}
		default:
			list = append(list, action)
		}
	}
	return list
}

// cache is what a login needs: the group, and who it is there, with the template's defaults in the local account.
var cache = []string{
	"arn:aws:elasticache:us-east-1:000000000000:replicationgroup:mercato",
	"arn:aws:elasticache:us-east-1:000000000000:user:mercato",
}

func cacheOf(arns []string) string {
	if len(unequal("", arns, cache)) > 0 {
		return "elasticache of " + strings.Join(arns, ", ")
	}
	return "redis"
}

// queueActions are what platform.Queue does.
var queueActions = []string{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"}

// tends is who does with its queues all that there is to do; anybody else who opens one sends.
const tends = "dlq-replay"

// queueUses says what a function does with the queues that it opens.
func queueUses(spec platform.Spec) (list []string) {
	actions := queueActions[:1]
	if spec.Name == tends {
		actions = queueActions
	}
	for _, need := range spec.Needs {
		for _, action := range actions {
			if strings.HasPrefix(need, "queue:") {
				list = append(list, need+" "+action)
			}
		}
	}
	return list
}

// queueRights says what the template lets a function do with queues.
func queueRights(f template.Function) (list []string) {
	for _, p := range f.Policies {
		for _, action := range p.Actions {
			for _, r := range p.Resources {
				if slices.Contains(queueActions, action) {
					list = append(list, queueOf(r)+" "+action)
				}
			}
		}
	}
	return list
}

// queueOf says which queue the ARN of a template's resource is: OrdersDlq.Arn is queue:orders-dlq.
func queueOf(arn string) string {
	id, isARN := strings.CutSuffix(arn, ".Arn")
	for name := range queues {
		if isARN && strings.EqualFold(id, strings.ReplaceAll(name, "-", "")) {
			return "queue:" + name
		}
	}
	return arn
}

func (s sides) documented() (list []string) {
	for _, e := range s.endpoints {
		if e.Method != "" {
			list = append(list, e.Name+" "+e.Method+" "+e.Path)
		}
	}
	return list
}

func pairs(m map[string]string) (list []string) {
	for k, v := range m {
		list = append(list, k+" "+v)
	}
	return list
}

// unequal compares two lists as sets.
func unequal(what string, have, want []string) (complaints []string) {
	for _, h := range have {
		if !slices.Contains(want, h) {
			complaints = append(complaints, fmt.Sprintf("%s: %s is one too many", what, h))
		}
	}
	for _, w := range want {
		if !slices.Contains(have, w) {
			complaints = append(complaints, fmt.Sprintf("%s: %s is missing", what, w))
		}
	}
	return complaints
}
