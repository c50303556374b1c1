package schedule

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"time"
)

var (
	rate  = regexp.MustCompile(`^rate\(([0-9]+) (minute|hour|day)(s?)\)$`)
	units = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
)

// parseRate reads rate(1 minute), rate(5 minutes) and the like. As on AWS the unit is singular for 1
// and plural for more, and the value is a whole number above 0.
func parseRate(expression string) (time.Duration, error) {
	parts := rate.FindStringSubmatch(expression)
	if parts == nil {
		return 0, errors.New("want rate(<number> minute|minutes|hour|hours|day|days)")
	}
	count, err := strconv.ParseInt(parts[1], 10, 64)
	unit, plural := units[parts[2]], parts[3] == "s"
	switch {
	case err != nil || count > math.MaxInt64/int64(unit):
		return 0, errors.New("the number is too large")
	case count == 0:
		return 0, errors.New("the number must be above 0")
	case plural != (count > 1):
		return 0, errors.New("the unit is singular for 1 and plural for more")
	}
	return time.Duration(count) * unit, nil
}

// step is the first full period after a time, counted from the beginning.
func step(began, after time.Time, every time.Duration) time.Time {
	elapsed := after.Sub(began)
	return after.Add(every - elapsed%every)
}
