package stream

import (
	"context"
	"fmt"
	"hash/fnv"
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

// backoff is how long an entry rests after so many deliveries, with full jitter too. It is drawn once for each
// delivery, from the entry's id: a consumer that looks again and again must not draw until it wins. No entry
// is taken up before its lease has passed, whatever its backoff.
func (c *Consumer) backoff(id string, deliveries int64) time.Duration {
	limit := c.config.RetryBase << min(deliveries, 20)
	if limit <= 0 || limit > c.config.RetryCap {
		limit = c.config.RetryCap
	}
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, id, " ", deliveries)
	return time.Duration(rand.New(rand.NewPCG(h.Sum64(), 0)).Int64N(int64(limit) + 1)) //nolint:gosec // no secret
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
