package schedule_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/schedule"
)

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

func plan(t *testing.T, expression string) schedule.Plan {
	t.Helper()
	when, err := schedule.Parse(expression, "")
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, fired := time.Now(), &calls{}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute-time.Second)
		defer cancel()
		schedule.Run(ctx, []schedule.Job{
			{Name: "relay", Function: "relay", When: plan(t, "rate(1 minute)")},
			{Name: "slow", Function: "slow", When: plan(t, "rate(2 minutes)")},
			{Name: "at", Function: "at", When: plan(t, "at(2000-01-01T00:01:30)")},
			{Name: "past", Function: "past", When: plan(t, "at(1999-12-31T23:59:59)")},
			{Name: "cron", Function: "cron", When: plan(t, "cron(0/2 * * * ? *)")},
			{Name: "never", Function: "never"},
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
			"at":    {90 * time.Second},
			"cron":  {2 * time.Minute, 4 * time.Minute},
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
				schedule.Run(ctx, []schedule.Job{{Function: "f", When: plan(t, "rate(1 minute)")}}, func(context.Context, string, []byte) error {
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
	schedule.Run(ctx, []schedule.Job{{Function: "f", When: plan(t, "rate(1 minute)")}}, func(context.Context, string, []byte) error {
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
			{Name: "nightly", Function: "plain", When: plan(t, "rate(1 hour)")},
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
		schedule.Run(ctx, []schedule.Job{{Function: "f", When: plan(t, "rate(1 hour)"), Input: []byte(`{"prune":true}`)}},
			func(_ context.Context, _ string, payload []byte) error {
				if string(payload) != `{"prune":true}` {
					t.Errorf("event %s", payload)
				}
				cancel()
				return nil
			})
	})
}
