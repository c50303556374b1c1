package schedule

import (
	"fmt"
	"strings"
	"time"
)

// calendar is what a cron expression says.
type calendar struct {
	minutes, hours, months, years values
	days                          day
}

// parseCron reads the six fields: minutes, hours, day-of-month, month, day-of-week, year.
func parseCron(text string) (calendar, error) {
	parts := strings.Fields(text)
	if len(parts) != 6 {
		return calendar{}, fmt.Errorf("want six fields (minutes, hours, day-of-month, month, day-of-week, year), got %d", len(parts))
	}
	c := calendar{days: anyDay}
	for _, one := range []struct {
		field field
		text  string
		into  *values
	}{
		{minuteField, parts[0], &c.minutes},
		{hourField, parts[1], &c.hours},
		{monthField, parts[3], &c.months},
		{yearField, parts[5], &c.years},
	} {
		var err error
		if *one.into, err = one.field.list(one.text); err != nil {
			return calendar{}, err
		}
	}
	var err error
	c.days, err = parseDays(parts[2], parts[4])
	return c, err
}

// next is the first due time after the given one. A time that the zone's clock leaves out in spring is passed over,
// one that it shows twice in autumn counts once, as on AWS.
func (c calendar) next(after time.Time, zone *time.Location) (time.Time, bool) {
	year, month, date := after.In(zone).Date()
	for at := time.Date(year, month, date, 0, 0, 0, 0, time.UTC); at.Year() <= yearField.max; at = c.following(at) {
		if !c.years[at.Year()] || !c.months[int(at.Month())] || !c.days(at) {
			continue
		}
		if due, found := c.onDay(at, after, zone); found {
			return due, true
		}
	}
	return time.Time{}, false
}

// following is the next day that is worth a look.
func (c calendar) following(at time.Time) time.Time {
	switch {
	case !c.years[at.Year()]:
		return time.Date(at.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
	case !c.months[int(at.Month())]:
		return time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return at.AddDate(0, 0, 1)
}

// onDay is the first due time of a day that is after the given one.
func (c calendar) onDay(at, after time.Time, zone *time.Location) (time.Time, bool) {
	year, month, date := at.Date()
	for hour := range 24 {
		if !c.hours[hour] {
			continue
		}
		for minute := range 60 {
			if !c.minutes[minute] {
				continue
			}
			due := time.Date(year, month, date, hour, minute, 0, 0, zone)
			if due.Hour() == hour && due.Minute() == minute && due.After(after) {
				return due, true
			}
		}
	}
	return time.Time{}, false
}
