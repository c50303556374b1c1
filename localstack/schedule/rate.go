package schedule

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	rate  = regexp.MustCompile(`^rate\(([0-9]+) (minute|hour|day)(s?)\)$`)
	units = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
)

// ParseRate reads rate(1 minute), rate(5 minutes) and the like. As on AWS the unit is singular for 1
// and plural for more, and the value is a whole number above 0. cron(..) and at(..) are refused.
func ParseRate(expression string) (time.Duration, error) {
	if kind, _, _ := strings.Cut(expression, "("); kind == "cron" || kind == "at" {
		return 0, fmt.Errorf("schedule %q: %s(..) is not supported here, write rate(..)", expression, kind)
	}
	parts := rate.FindStringSubmatch(expression)
	if parts == nil {
		return 0, fmt.Errorf("schedule %q: want rate(<number> minute|minutes|hour|hours|day|days)", expression)
	}
	count, err := strconv.ParseInt(parts[1], 10, 64)
	unit, plural := units[parts[2]], parts[3] == "s"
	switch {
	case err != nil || count > math.MaxInt64/int64(unit):
		return 0, fmt.Errorf("schedule %q: the number is too large", expression)
	case count == 0:
		return 0, fmt.Errorf("schedule %q: the number must be above 0", expression)
	case plural != (count > 1):
		return 0, fmt.Errorf("schedule %q: the unit is singular for 1 and plural for more", expression)
	}
	return time.Duration(count) * unit, nil
}
