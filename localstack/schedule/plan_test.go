package schedule_test

import (
	"strings"
	"testing"
	"time"

	"mercato/localstack/schedule"
)

func TestParse_rate(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 23, 1, 2, 3, 4, time.UTC)
	for expression, every := range map[string]time.Duration{
		"rate(1 minute)":    time.Minute,
		"rate(5 minutes)":   5 * time.Minute,
		"rate(1 hour)":      time.Hour,
		"rate(12 hours)":    12 * time.Hour,
		"rate(1 day)":       24 * time.Hour,
		"rate(7 days)":      7 * 24 * time.Hour,
		"rate(010 days)":    240 * time.Hour,
		"rate(106751 days)": 106751 * 24 * time.Hour,
	} {
		when, err := schedule.Parse(expression, "")
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		first, again := when.Next(began, began)
		if !first.Equal(began.Add(every)) || !again || !when.AtStart() {
			t.Errorf("%s: first at %s, %v", expression, first, again)
		}
	}
	// The machine slept for two and a half periods: those are gone, and the beat stays.
	when, _ := schedule.Parse("rate(1 minute)", "")
	if due, _ := when.Next(began, began.Add(150*time.Second)); !due.Equal(began.Add(3 * time.Minute)) {
		t.Errorf("after a sleep: %s", due)
	}
}

func TestParse_refuses(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"rate(1 minutes)":                 "singular",
		"rate(2 minute)":                  "singular",
		"rate(0 minutes)":                 "above 0",
		"rate(106752 days)":               "too large",
		"rate(99999999999999999999 days)": "too large",
		"rate(-1 minutes)":                "want rate",
		"rate(1.5 hours)":                 "want rate",
		"rate(30 seconds)":                "want rate",
		"rate( 1 minute )":                "want rate",
		"rate(1  minute)":                 "want rate",
		" rate(1 minute)":                 "want rate",
		"rate(1 minute)\n":                "want rate",
		"Rate(1 minute)":                  "want rate",
		"":                                "want rate",
		"cron":                            "want rate",
		"cron(0 12 * * ? *":               "want rate",
		"cron(0 12 * * ?)":                "want six fields",
		"cron(0 12 * * ? * *)":            "want six fields",
		"cron()":                          "got 0",
		"cron(60 12 * * ? *)":             "minutes: 60 is not from 0 to 59",
		"cron(? 12 * * ? *)":              `minutes: "?" is not a value`,
		"cron(, 12 * * ? *)":              `minutes: "" is not a value`,
		"cron(0/0 12 * * ? *)":            `minutes: the step "0"`,
		"cron(0/60 12 * * ? *)":           `minutes: the step "60"`,
		"cron(0/+5 12 * * ? *)":           `minutes: the step "+5"`,
		"cron(1-+5 12 * * ? *)":           `minutes: "+5" is not a value`,
		"cron(1-2-3 12 * * ? *)":          `minutes: "2-3" is not a value`,
		"cron(0 24 * * ? *)":              "hours: 24 is not from 0 to 23",
		"cron(0 MON * * ? *)":             `hours: "MON" is not a value`,
		"cron(0 12 0 * ? *)":              "day-of-month: 0 is not from 1 to 31",
		"cron(0 12 32W * ? *)":            "day-of-month: 32 is not from 1 to 31",
		"cron(0 12 W * ? *)":              `day-of-month: "" is not a value`,
		"cron(0 12 L-3 * ? *)":            `day-of-month: "L" is not a value`,
		"cron(0 12 1#2 * ? *)":            `day-of-month: "1#2" is not a value`,
		"cron(0 12 * 13 ? *)":             "month: 13 is not from 1 to 12",
		"cron(0 12 * MON ? *)":            `month: "MON" is not a value`,
		"cron(0 12 ? * 0 *)":              "day-of-week: 0 is not from 1 to 7",
		"cron(0 12 ? * 8L *)":             "day-of-week: 8 is not from 1 to 7",
		"cron(0 12 ? * 3#6 *)":            "day-of-week: after # comes a number from 1 to 5",
		"cron(0 12 ? * 3#1,6#3 *)":        "day-of-week: after #",
		"cron(0 12 ? * 3W *)":             `day-of-week: "3W" is not a value`,
		"cron(0 12 * * * *)":              "day-of-week: it or day-of-month must be ?",
		"cron(0 12 1 * MON *)":            "day-of-week: it or day-of-month must be ?",
		"cron(0 12 ? * ? *)":              "day-of-week: only one",
		"cron(0 12 * * ? 1969)":           "year: 1969 is not from 1970 to 2199",
		"cron(0 12 * * ? 2027-2026)":      `year: the range "2027-2026" runs backwards`,
		"at(2026-11-23)":                  "want at",
		"at(2026-02-29T00:00:00)":         "want at",
		"at(2026-11-23T01:00:00Z)":        "want at",
	} {
		if _, err := schedule.Parse(expression, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", expression, err, want)
		}
	}
	if _, err := schedule.Parse("cron(0 12 * * ? *)", "Europe/Atlantis"); err == nil || !strings.Contains(err.Error(), "time zone") {
		t.Errorf("unknown zone: %v", err)
	}
}

func TestParse_at(t *testing.T) {
	t.Parallel()
	when, err := schedule.Parse("at(2026-11-23T01:00:00)", "America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	if due, again := when.Next(time.Time{}, want.Add(-time.Second)); !due.Equal(want) || !again || when.AtStart() {
		t.Errorf("%s, %v", due, again)
	}
	if due, again := when.Next(time.Time{}, want); again {
		t.Errorf("once more at %s", due)
	}
	if _, err := schedule.Parse("at(2026-03-08T02:30:00)", "America/New_York"); err == nil {
		t.Error("a time that the clock leaves out was accepted")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("rate(5 minutes)", int64(0))
	f.Add("cron(0/15 8-17 ? JAN,MAR-MAY MON#2 2026/2)", int64(1790000000))
	f.Add("cron(59 23 LW,31W,L 2 ? *)", int64(1790000000))
	f.Add("cron(0 0 29 FEB ? 2100)", int64(1790000000))
	f.Add("at(2026-11-23T01:00:00)", int64(1790000000))
	f.Fuzz(func(t *testing.T, expression string, seconds int64) {
		when, err := schedule.Parse(expression, "Europe/Berlin")
		if err != nil {
			return
		}
		after := time.Unix(seconds%(1<<33), 0) // up to the year 2242, and as far back
		due, again := when.Next(after, after)
		if again && !due.After(after) {
			t.Errorf("%q after %s: %s", expression, after, due)
		}
		if strings.HasPrefix(expression, "cron") && again && (due.Second() != 0 || due.Year() > 2199) {
			t.Errorf("%q: %s", expression, due)
		}
	})
}
