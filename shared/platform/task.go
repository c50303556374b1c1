package platform

import "context"

// Task is a function that a schedule or an operator invokes: the value that function.Run runs.
type Task[S, In, Out any] struct {
	Name, Summary string
	Loops         bool   // works until its time is up, and a schedule starts it again
	Schedule      string // of one that does not loop: "rate(1 minute)"; empty for one that is invoked by hand
	Open          func(*Env) S
	Do            func(S, context.Context, In) (Out, error)
}

// Spec returns the task's name and needs.
func (t Task[S, In, Out]) Spec() Spec {
	env := Recording()
	t.Open(env)
	return Spec{Name: t.Name, Needs: env.Needs(), Loops: t.Loops, Schedule: t.Schedule}
}

// Spec is what template.yaml must say of a function that is not an endpoint.
type Spec struct {
	Name  string
	Needs []string
	Loops bool // it must be scheduled, with time for CONSUME_FOR

	Schedule string // of one that does not loop; empty for none
}
