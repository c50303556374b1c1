// Package schedule is EventBridge on one machine: it invokes functions at a fixed rate, at the times of a cron
// expression, or once.
package schedule

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Job is one function's schedule.
type Job struct {
	Name     string
	Function string
	When     Plan
	Input    []byte // the event; empty for the one that EventBridge makes
}

// farewell bounds the wait for invocations that go on after the end.
const farewell = 5 * time.Second

// clockCheck is the longest sleep on the way to a due time: a clock that was set, or that went on while the
// machine slept, is noticed after so long.
const clockCheck = time.Minute

// Run fires every job when it is due, rates at once too, until ctx ends. What was missed while the machine
// slept is not made up for. A round never waits for the one before: whether two may overlap is the
// function's concurrency to say, as on AWS. invoke reports its own errors; none stops a schedule, and none
// is tried again. Run returns when no invocation that it started is outstanding, or 5 s after ctx has ended.
func Run(ctx context.Context, jobs []Job, invoke func(ctx context.Context, function string, payload []byte) error) {
	var outstanding sync.WaitGroup
	for _, job := range jobs {
		outstanding.Go(func() {
			job.repeat(ctx, func(at time.Time) {
				outstanding.Go(func() { _ = invoke(ctx, job.Function, job.Event(at)) })
			})
		})
	}
	<-ctx.Done()
	returned := make(chan struct{})
	go func() {
		outstanding.Wait()
		close(returned)
	}()
	patience := time.NewTimer(farewell)
	defer patience.Stop()
	select {
	case <-returned:
	case <-patience.C:
	}
}

func (j Job) repeat(ctx context.Context, fire func(at time.Time)) {
	began := time.Now()
	if j.When.AtStart() && ctx.Err() == nil {
		fire(began)
	}
	for after := began; ; after = time.Now() {
		due, again := j.When.Next(began, after)
		if !again || !wait(ctx, due) {
			return
		}
		fire(due)
	}
}

// wait returns when it is time, and false when ctx ends first.
func wait(ctx context.Context, due time.Time) bool {
	for {
		left := time.Until(due)
		if left <= 0 {
			return ctx.Err() == nil
		}
		timer := time.NewTimer(min(left, clockCheck))
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
	}
}

// Event is what a firing at the given time sends: the job's input, or the event of an EventBridge rule without one.
func (j Job) Event(at time.Time) []byte {
	if len(j.Input) > 0 {
		return j.Input
	}
	text, err := json.Marshal(scheduled{
		Version: "0", ID: uuid.NewString(), DetailType: "Scheduled Event", Source: "aws.events",
		Account: "000000000000", Time: at.UTC().Format(time.RFC3339), Region: "us-east-1",
		Resources: []string{"arn:aws:events:us-east-1:000000000000:rule/" + j.Name},
	})
	if err != nil {
		panic(err) // texts always encode
	}
	return text
}

type scheduled struct {
	Version    string   `json:"version"`
	ID         string   `json:"id"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Account    string   `json:"account"`
	Time       string   `json:"time"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     struct{} `json:"detail"`
}
