package stream

import (
	"time"

	"mercato/shared/platform/config"
)

// Backoff is Consumer.backoff, for the tests.
func Backoff(c config.Config, id string, deliveries int64) time.Duration {
	return (&Consumer{config: c}).backoff(id, deliveries)
}
