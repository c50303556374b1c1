package stream

import (
	"context"
	"math/rand/v2"
	"time"
)

// jitter returns a random time up to the smaller of want and limit: full jitter, so that what failed
// together does not come back together (M. Brooker, "Exponential Backoff And Jitter", AWS, 2015).
func jitter(want, limit time.Duration) time.Duration {
	if want <= 0 || want > limit { // a shift too far is below 0
		want = limit
	}
	return rand.N(want + 1) //nolint:gosec // no secret
}

// doublings bounds the pause of an outage to RETRY_BASE times 16: when it ends, work goes on soon.
const doublings = 4

// pause waits after the failures so far, or until ctx ends.
func (c *Consumer) pause(ctx context.Context, failures int) {
	timer := time.NewTimer(jitter(c.config.RetryBase<<min(failures, doublings), c.config.RetryCap))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
