package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field is one of the six parts of a cron expression.
type field struct {
	name     string
	min, max int
	names    []string // of the values, from min on
	straight bool     // a range cannot go over the end: there is no year after the last
}

var (
	minuteField = field{name: "minutes", max: 59}
	hourField   = field{name: "hours", max: 23}
	dateField   = field{name: "day-of-month", min: 1, max: 31}
	monthField  = field{name: "month", min: 1, max: 12, names: []string{
		"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
	}}
	weekdayField = field{name: "day-of-week", min: 1, max: 7, names: []string{
		"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT",
	}}
	yearField = field{name: "year", min: 1970, max: 2199, straight: true}
)

// values is a set of what a field may be.
type values map[int]bool

var digits = regexp.MustCompile(`^[0-9]{1,4}$`)

func (f field) fail(format string, a ...any) error {
	return fmt.Errorf("%s: %s", f.name, fmt.Sprintf(format, a...))
}

// list reads items that are separated by commas.
func (f field) list(text string) (values, error) {
	all := values{}
	for item := range strings.SplitSeq(text, ",") {
		if err := f.item(item, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// item reads *, 5, 1-5, and each of them with a step: */10, 5/10, 1-30/10. A range may go over the end, such as
// FRI-MON.
func (f field) item(text string, into values) error {
	span, every, stepped := strings.Cut(text, "/")
	from, to, err := f.span(span, stepped)
	if err != nil {
		return err
	}
	step := 1
	if stepped {
		if step, err = strconv.Atoi(every); err != nil || step < 1 || step > f.max || !digits.MatchString(every) {
			return f.fail("the step %q is not a number from 1 to %d", every, f.max)
		}
	}
	count := f.max - f.min + 1
	if from > to {
		if f.straight {
			return f.fail("the range %q runs backwards", span)
		}
		to += count
	}
	for value := from; value <= to; value += step {
		into[f.min+(value-f.min)%count] = true
	}
	return nil
}

// span reads the part before a step. A single value with a step runs to the end.
func (f field) span(text string, stepped bool) (from, to int, err error) {
	if text == "*" {
		return f.min, f.max, nil
	}
	first, last, ranged := strings.Cut(text, "-")
	if from, err = f.value(first); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		to, err = f.value(last)
	case stepped:
		to = f.max
	default:
		to = from
	}
	return from, to, err
}

func (f field) value(text string) (int, error) {
	if i := slices.Index(f.names, strings.ToUpper(text)); i >= 0 {
		return f.min + i, nil
	}
	value, err := strconv.Atoi(text)
	switch {
	case err != nil || !digits.MatchString(text):
		return 0, f.fail("%q is not a value", text)
	case value < f.min || value > f.max:
		return 0, f.fail("%d is not from %d to %d", value, f.min, f.max)
	}
	return value, nil
}
