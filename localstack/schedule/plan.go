package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a machine may have no time zones installed
)

// Plan says when a schedule is due. The zero Plan never is.
type Plan struct {
	every time.Duration                                     // of rate(..); 0 for the others
	next  func(after time.Time) (due time.Time, again bool) // of cron(..) and at(..)
}

// Parse reads rate(..), cron(..) or at(..) as EventBridge does. The zone is the IANA name of the time zone that
// cron(..) and at(..) mean; empty for UTC. An error names the field that is wrong.
func Parse(expression, zone string) (Plan, error) {
	plan, err := parse(expression, zone)
	if err != nil {
		return Plan{}, fmt.Errorf("schedule %q: %w", expression, err)
	}
	return plan, nil
}

func parse(expression, zone string) (Plan, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return Plan{}, fmt.Errorf("time zone: %w", err)
	}
	kind, rest, _ := strings.Cut(expression, "(")
	inside, closed := strings.CutSuffix(rest, ")")
	switch {
	case kind == "rate":
		every, err := parseRate(expression)
		return Plan{every: every}, err
	case kind == "cron" && closed:
		calendar, err := parseCron(inside)
		return Plan{next: func(after time.Time) (time.Time, bool) { return calendar.next(after, location) }}, err
	case kind == "at" && closed:
		once, err := parseAt(inside, location)
		return Plan{next: func(after time.Time) (time.Time, bool) { return once, once.After(after) }}, err
	}
	return Plan{}, errors.New("want rate(..), cron(..) or at(..)")
}

// parseAt reads the one time of at(2026-11-23T01:00:00).
func parseAt(text string, zone *time.Location) (time.Time, error) {
	const form = "2006-01-02T15:04:05"
	at, err := time.ParseInLocation(form, text, zone)
	if err != nil || at.Format(form) != text { // the hour that a change of the clock leaves out is no time either
		return time.Time{}, errors.New("want at(yyyy-mm-ddThh:mm:ss), a time that exists")
	}
	return at, nil
}

// AtStart tells whether the schedule is due when it begins: on AWS a rate counts from its creation, and here nobody
// shall wait a minute for the first round.
func (p Plan) AtStart() bool { return p.every > 0 }

// Next is the first time after the given one at which the plan is due; false when it never is again. A rate counts
// its periods from began.
func (p Plan) Next(began, after time.Time) (due time.Time, again bool) {
	switch {
	case p.every > 0:
		return step(began, after, p.every), true
	case p.next != nil:
		return p.next(after)
	}
	return time.Time{}, false
}
