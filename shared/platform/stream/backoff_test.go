package stream_test

import (
	"fmt"
	"testing"
	"time"

	"mercato/shared/platform/config"
	"mercato/shared/platform/stream"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	c := config.Config{RetryBase: 200 * time.Millisecond, RetryCap: time.Minute}
	for deliveries, limit := range map[int64]time.Duration{1: 400 * time.Millisecond, 5: 6400 * time.Millisecond, 9: time.Minute, 1000: time.Minute} {
		const entries = 2000
		var sum time.Duration
		for i := range entries {
			id := fmt.Sprintf("1795405196980-%d", i)
			rest := stream.Backoff(c, id, deliveries)
			if rest != stream.Backoff(c, id, deliveries) {
				t.Fatalf("%s draws again: the smallest of many draws would win", id)
			}
			if rest < 0 || rest > limit {
				t.Fatalf("%v after %d deliveries, want at most %v", rest, deliveries, limit)
			}
			sum += rest
		}
		if mean := sum / entries; mean < limit*4/10 || mean > limit*6/10 {
			t.Errorf("%v on average after %d deliveries, want about half of %v", mean, deliveries, limit)
		}
	}
}
