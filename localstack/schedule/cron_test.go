package schedule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mercato/localstack/schedule"
)

const form = "Mon 2006-01-02 15:04"

// dues lists the first times of a cron expression after one.
func dues(t testing.TB, expression, zone, after string, count int) []string {
	t.Helper()
	when, err := schedule.Parse("cron("+expression+")", zone)
	if err != nil {
		t.Fatal(err)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", after, location)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for range count {
		var again bool
		if at, again = when.Next(time.Time{}, at); !again {
			break
		}
		all = append(all, at.In(location).Format(form))
	}
	return all
}

// Most of these are the examples of EventBridge's and the Scheduler's user guides.
func TestCron(t *testing.T) {
	t.Parallel()
	for expression, c := range map[string]struct {
		after string
		want  string
	}{
		"0 10 * * ? *":            {"2026-11-23 09:59", "Mon 2026-11-23 10:00, Tue 2026-11-24 10:00"},
		"15 12 * * ? *":           {"2026-11-23 12:15", "Tue 2026-11-24 12:15, Wed 2026-11-25 12:15"},
		"0 18 ? * MON-FRI *":      {"2026-11-20 17:00", "Fri 2026-11-20 18:00, Mon 2026-11-23 18:00"},
		"0 8 1 * ? *":             {"2026-11-23 00:00", "Tue 2026-12-01 08:00, Fri 2027-01-01 08:00"},
		"0/15 * * * ? *":          {"2026-12-31 23:31", "Thu 2026-12-31 23:45, Fri 2027-01-01 00:00"},
		"0/10 * ? * MON-FRI *":    {"2026-11-20 23:45", "Fri 2026-11-20 23:50, Mon 2026-11-23 00:00"},
		"0/5 8-17 ? * MON-FRI *":  {"2026-11-23 17:50", "Mon 2026-11-23 17:55, Tue 2026-11-24 08:00"},
		"0/30 20-2 ? * MON-FRI *": {"2026-11-20 02:15", "Fri 2026-11-20 02:30, Fri 2026-11-20 20:00"},
		"15 10 ? * 6L 2022-2023":  {"2022-11-24 00:00", "Fri 2022-11-25 10:15, Fri 2022-12-30 10:15, Fri 2023-01-27 10:15"},
		"15 10 ? * 6L 2023":       {"2023-11-24 10:15", "Fri 2023-12-29 10:15"},
		"0 9 ? * 2#1 *":           {"2026-11-23 00:00", "Mon 2026-12-07 09:00, Mon 2027-01-04 09:00"},
		"0 9 ? * 3#2 *":           {"2026-11-01 00:00", "Tue 2026-11-10 09:00, Tue 2026-12-08 09:00"},
		"0 9 ? * tue#5 *":         {"2026-11-01 00:00", "Tue 2026-12-29 09:00, Tue 2027-03-30 09:00"},
		"1/10 0 1 1 ? *":          {"2026-11-23 00:00", "Fri 2027-01-01 00:01, Fri 2027-01-01 00:11"},
		"*/20 0 1 1 ? *":          {"2026-11-23 00:00", "Fri 2027-01-01 00:00, Fri 2027-01-01 00:20"},
		"0 0 L * ? *":             {"2028-01-31 00:00", "Tue 2028-02-29 00:00, Fri 2028-03-31 00:00"},
		"0 0 L,15 2 ? *":          {"2026-11-23 00:00", "Mon 2027-02-15 00:00, Sun 2027-02-28 00:00"},
		"0 0 LW * ? *":            {"2027-01-01 00:00", "Fri 2027-01-29 00:00, Fri 2027-02-26 00:00"},
		"0 0 3W * ? *":            {"2022-07-01 00:00", "Mon 2022-07-04 00:00, Wed 2022-08-03 00:00, Fri 2022-09-02 00:00"},
		"0 0 1W * ? *":            {"2026-07-31 00:00", "Mon 2026-08-03 00:00, Tue 2026-09-01 00:00"},
		"0 0 31W * ? *":           {"2026-03-31 00:00", "Fri 2026-05-29 00:00, Fri 2026-07-31 00:00"},
		"0 0 ? * L *":             {"2026-11-23 00:00", "Sat 2026-11-28 00:00, Sat 2026-12-05 00:00"},
		"0 0 ? * FRIL *":          {"2026-11-23 00:00", "Fri 2026-11-27 00:00, Fri 2026-12-25 00:00"},
		"0 0 ? * FRI-MON *":       {"2026-11-23 00:00", "Fri 2026-11-27 00:00, Sat 2026-11-28 00:00, Sun 2026-11-29 00:00, Mon 2026-11-30 00:00, Fri 2026-12-04 00:00"},
		"0 0 ? * 1,7 *":           {"2026-11-23 00:00", "Sat 2026-11-28 00:00, Sun 2026-11-29 00:00"},
		"0 0 1 NOV-FEB/2 ? *":     {"2026-11-23 00:00", "Fri 2027-01-01 00:00, Mon 2027-11-01 00:00"},
		"0 0 29 feb ? *":          {"2026-11-23 00:00", "Tue 2028-02-29 00:00, Sun 2032-02-29 00:00"},
		"0 0 29 2 ? 2096/4":       {"2096-11-23 00:00", "Fri 2104-02-29 00:00"},
		"0 0 31 2 ? *":            {"2026-11-23 00:00", ""},
		"0 0 1 1 ? 2026":          {"2026-11-23 00:00", ""},
		"59 23 31 12 ? 2199":      {"2026-11-23 00:00", "Tue 2199-12-31 23:59"},
		" 0\t 0  1 1 ?  2027 ":    {"2026-11-23 00:00", "Fri 2027-01-01 00:00"},
	} {
		want := []string(nil)
		if c.want != "" {
			want = strings.Split(c.want, ", ")
		}
		if diff := cmp.Diff(want, dues(t, expression, "", c.after, max(1, len(want)))); diff != "" {
			t.Errorf("%s after %s (-want +got):\n%s", expression, c.after, diff)
		}
	}
	if when, err := schedule.Parse("cron(0 10 * * ? *)", ""); err != nil || when.AtStart() {
		t.Errorf("fires at the start, %v", err)
	}
}

func TestCron_zone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ expression, after, want string }{
		"plain":              {"0 9 * * ? *", "2026-11-23 08:00", "Mon 2026-11-23 09:00, Tue 2026-11-24 09:00"},
		"left out in spring": {"30 2 * * ? *", "2026-03-07 00:00", "Sat 2026-03-07 02:30, Mon 2026-03-09 02:30"},
		"twice in autumn":    {"30 1 * * ? *", "2026-10-31 12:00", "Sun 2026-11-01 01:30, Mon 2026-11-02 01:30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.Split(c.want, ", ")
			if diff := cmp.Diff(want, dues(t, c.expression, "America/New_York", c.after, len(want))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCron_skipsNothing compares with a walk over every minute.
func TestCron_skipsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		some := func(name string, low, high int) []int {
			return rapid.SliceOfNDistinct(rapid.IntRange(low, high), 1, 4, rapid.ID[int]).Draw(t, name)
		}
		minutes, hours, dates := some("minutes", 0, 59), some("hours", 0, 23), some("dates", 1, 31)
		months, weekdays := some("months", 1, 12), some("weekdays", 1, 7)
		date, weekday := join(dates), "?"
		byDate := rapid.Bool().Draw(t, "by date")
		if !byDate {
			date, weekday = "?", join(weekdays)
		}
		expression := fmt.Sprintf("cron(%s %s %s %s %s *)", join(minutes), join(hours), date, join(months), weekday)
		when, err := schedule.Parse(expression, "")
		if err != nil {
			t.Fatal(err)
		}
		after := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "after"), 0).UTC()
		due, again := when.Next(after, after)
		at := after.Truncate(time.Minute).Add(time.Minute)
		for range 60 * 24 * 40 {
			matches := slices.Contains(minutes, at.Minute()) && slices.Contains(hours, at.Hour()) && slices.Contains(months, int(at.Month())) &&
				(byDate && slices.Contains(dates, at.Day()) || !byDate && slices.Contains(weekdays, int(at.Weekday())+1))
			if matches {
				break
			}
			at = at.Add(time.Minute)
		}
		// Beyond 40 days the walk knows only that it is not sooner.
		if again && due.Before(at) || again && !due.Equal(at) && at.Sub(after) < 40*24*time.Hour {
			t.Errorf("%s after %s: %s, %v, want %s", expression, after, due, again, at)
		}
		if !again && at.Sub(after) < 40*24*time.Hour {
			t.Errorf("%s after %s: never, want %s", expression, after, at)
		}
	})
}

func join(numbers []int) string {
	var texts []string
	for _, n := range numbers {
		texts = append(texts, fmt.Sprint(n))
	}
	return strings.Join(texts, ",")
}
