package platform

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/config"
)

// openRedis makes a client that dials on first use.
func openRedis(c config.Config) (*redis.Client, error) {
	o, err := redis.ParseURL(c.RedisURL)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	o.MaxRetries = -1              // a repeated XADD is a second entry, a repeated XREADGROUP an orphaned batch
	o.ContextTimeoutEnabled = true // without it a deadline is ignored
	o.DialTimeout = time.Second
	o.DialerRetries = 1
	o.PoolSize = 3                       // a blocked read, a lease renewal and a publication
	o.ConnMaxIdleTime = 30 * time.Second // below any balancer's idle limit: a thawed function must redial
	o.DisableIdentity = true             // one round trip less, and nothing that can time out half-way
	silence()
	return redis.NewClient(o), nil
}

// silence ends go-redis's own lines, for the whole process: whoever asked gets the error, and says it in
// our log's form.
var silence = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

// quiet drops lines.
type quiet struct{}

// Printf implements go-redis's logger.
func (quiet) Printf(context.Context, string, ...any) {}
