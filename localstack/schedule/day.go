package schedule

import (
	"strings"
	"time"
)

// day tells whether a schedule is due on a day, which is given as midnight UTC.
type day func(date time.Time) bool

func anyDay(time.Time) bool { return true }

// either is due when one of the days is.
func either(days []day) day {
	return func(date time.Time) bool {
		for _, due := range days {
			if due(date) {
				return true
			}
		}
		return false
	}
}

// parseDays reads the two fields that choose days, of which one must be "?".
func parseDays(date, weekday string) (day, error) {
	switch {
	case date == "?" && weekday == "?":
		return nil, weekdayField.fail("only one of it and day-of-month may be ?")
	case date == "?":
		return parseWeekday(weekday)
	case weekday == "?":
		return parseDate(date)
	}
	return nil, weekdayField.fail("it or day-of-month must be ?")
}

// parseDate reads a day-of-month: what all fields know, L, LW and 15W.
func parseDate(text string) (day, error) {
	var days []day
	plain := values{}
	for item := range strings.SplitSeq(strings.ToUpper(text), ",") {
		number, nearest := strings.CutSuffix(item, "W")
		switch {
		case item == "L":
			days = append(days, last)
		case item == "LW":
			days = append(days, lastWorkday)
		case nearest:
			n, err := dateField.value(number)
			if err != nil {
				return nil, err
			}
			days = append(days, nearestWorkday(n))
		default:
			if err := dateField.item(item, plain); err != nil {
				return nil, err
			}
		}
	}
	return either(append(days, func(date time.Time) bool { return plain[date.Day()] })), nil
}

// parseWeekday reads a day-of-week: what all fields know, L, 6L and, alone, 6#3.
func parseWeekday(text string) (day, error) {
	text = strings.ToUpper(text)
	if name, count, found := strings.Cut(text, "#"); found {
		return parseNth(name, count)
	}
	var days []day
	plain := values{}
	for item := range strings.SplitSeq(text, ",") {
		name, isLast := strings.CutSuffix(item, "L")
		switch {
		case item == "L": // of the week
			plain[weekdayField.max] = true
		case isLast:
			weekday, err := weekdayField.value(name)
			if err != nil {
				return nil, err
			}
			days = append(days, lastOf(weekday))
		default:
			if err := weekdayField.item(item, plain); err != nil {
				return nil, err
			}
		}
	}
	return either(append(days, func(date time.Time) bool { return plain[numbered(date)] })), nil
}

func parseNth(name, count string) (day, error) {
	weekday, err := weekdayField.value(name)
	if err != nil {
		return nil, err
	}
	if len(count) != 1 || count < "1" || count > "5" { // no month has more of one weekday
		return nil, weekdayField.fail("after # comes a number from 1 to 5, and nothing else")
	}
	nth := int(count[0] - '0')
	return func(date time.Time) bool { return numbered(date) == weekday && (date.Day()+6)/7 == nth }, nil
}

// numbered is a weekday as EventBridge counts: 1 is Sunday.
func numbered(date time.Time) int { return int(date.Weekday()) + 1 }

func last(date time.Time) bool { return date.AddDate(0, 0, 1).Day() == 1 }

func lastOf(weekday int) day {
	return func(date time.Time) bool {
		return numbered(date) == weekday && date.AddDate(0, 0, 7).Month() != date.Month()
	}
}

func lastWorkday(date time.Time) bool {
	end := time.Date(date.Year(), date.Month()+1, 0, 0, 0, 0, 0, time.UTC)
	return nearestWorkday(end.Day())(date)
}

// nearestWorkday is the day from Monday to Friday that is nearest to the nth and in the same month. A month without
// that day has none.
func nearestWorkday(n int) day {
	return func(date time.Time) bool {
		target := time.Date(date.Year(), date.Month(), n, 0, 0, 0, 0, time.UTC)
		if target.Month() != date.Month() {
			return false
		}
		move := 0
		switch weekday := target.Weekday(); {
		case weekday == time.Saturday && n == 1:
			move = 2
		case weekday == time.Saturday:
			move = -1
		case weekday == time.Sunday && last(target):
			move = -2
		case weekday == time.Sunday:
			move = 1
		}
		return date.Equal(target.AddDate(0, 0, move))
	}
}
