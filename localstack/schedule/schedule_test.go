package schedule_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/schedule"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]time.Duration{
		"rate(1 minute)":    time.Minute,
		"rate(5 minutes)":   5 * time.Minute,
		"rate(1 hour)":      time.Hour,
		"rate(12 hours)":    12 * time.Hour,
		"rate(1 day)":       24 * time.Hour,
		"rate(7 days)":      7 * 24 * time.Hour,
		"rate(010 days)":    240 * time.Hour,
		"rate(106751 days)": 106751 * 24 * time.Hour,
	} {
		if got, err := schedule.ParseRate(expression); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", expression, got, err, want)
		}
	}
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
		"cron(0 12 * * ? *)":              "cron(..) is not supported",
		"at(2026-11-23T01:00:00)":         "at(..) is not supported",
	} {
		if got, err := schedule.ParseRate(expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %s, %v, want an error with %q", expression, got, err, want)
		}
	}
}

func FuzzParseRate(f *testing.F) {
	f.Add("rate(5 minutes)")
	f.Fuzz(func(t *testing.T, expression string) {
		if every, err := schedule.ParseRate(expression); (err == nil) != (every > 0) {
			t.Errorf("%q: %s, %v", expression, every, err)
		}
	})
}

// calls remembers what was fired, by function.
type calls struct {
	mu sync.Mutex
	at map[string][]time.Duration
}

func (c *calls) add(function string, since time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = map[string][]time.Duration{}
	}
	c.at[function] = append(c.at[function], since)
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, fired := time.Now(), &calls{}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute-time.Second)
		defer cancel()
		schedule.Run(ctx, []schedule.Job{
			{Name: "relay", Function: "relay", Every: time.Minute},
			{Name: "slow", Function: "slow", Every: 2 * time.Minute},
			{Name: "once", Function: "once"},
		}, func(ctx context.Context, function string, _ []byte) error {
			fired.add(function, time.Since(start))
			if function == "slow" {
				<-ctx.Done() // holds up neither itself nor the others
			}
			return errors.New("as told") // stops nothing
		})
		want := map[string][]time.Duration{
			"relay": {0, time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute},
			"slow":  {0, 2 * time.Minute, 4 * time.Minute},
			"once":  {0},
		}
		if diff := cmp.Diff(want, fired.at); diff != "" {
			t.Errorf("fired (-want +got):\n%s", diff)
		}
		if ended := time.Since(start); ended != 5*time.Minute-time.Second {
			t.Errorf("returned after %s", ended)
		}
	})
}

func TestRun_waits_for_what_it_started(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ lasts, want time.Duration }{
		"to its end":   {3 * time.Second, 3 * time.Second},
		"not for ever": {time.Hour, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				start, release := time.Now(), make(chan struct{})
				defer close(release)
				schedule.Run(ctx, []schedule.Job{{Function: "f", Every: time.Minute}}, func(context.Context, string, []byte) error {
					cancel()
					select {
					case <-time.After(c.lasts):
					case <-release:
					}
					return nil
				})
				if waited := time.Since(start); waited != c.want {
					t.Errorf("returned after %s, want %s", waited, c.want)
				}
			})
		})
	}
}

func TestRun_ended_already(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	schedule.Run(ctx, []schedule.Job{{Function: "f", Every: time.Minute}}, func(context.Context, string, []byte) error {
		t.Error("fired")
		return nil
	})
}

func TestRun_event(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		events := make(chan []byte, 2)
		go schedule.Run(ctx, []schedule.Job{
			{Name: "nightly", Function: "plain", Every: time.Hour},
		}, func(_ context.Context, _ string, payload []byte) error {
			events <- payload
			return nil
		})
		var got map[string]any
		if err := json.Unmarshal(<-events, &got); err != nil {
			t.Fatal(err)
		}
		if id, _ := got["id"].(string); len(id) != 36 {
			t.Errorf("id %v", got["id"])
		}
		delete(got, "id")
		want := map[string]any{
			"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
			"time": "2000-01-01T00:00:00Z", "region": "us-east-1", "detail": map[string]any{},
			"resources": []any{"arn:aws:events:us-east-1:000000000000:rule/nightly"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		cancel()
	})
}

func TestRun_input(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		schedule.Run(ctx, []schedule.Job{{Function: "f", Every: time.Hour, Input: []byte(`{"prune":true}`)}},
			func(_ context.Context, _ string, payload []byte) error {
				if string(payload) != `{"prune":true}` {
					t.Errorf("event %s", payload)
				}
				cancel()
				return nil
			})
	})
}
