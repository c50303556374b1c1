package platform

import (
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"

	"mercato/shared/platform/fault"
	"mercato/shared/platform/postgres"
)

// KindOf returns the kind of any error that a use case may return: its own, or Unavailable for a
// failure of Postgres or Redis that may pass, or Internal.
func KindOf(err error) fault.Kind {
	if kind := fault.KindOf(err); kind != fault.Internal {
		return kind
	}
	if postgres.Transient(err) || redisTransient(err) {
		return fault.Unavailable
	}
	return fault.Internal
}

// redisTransient knows Redis's own words for "not now"; broken connections are the same as Postgres's.
func redisTransient(err error) bool {
	if errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrClosed) {
		return true
	}
	e, ok := errors.AsType[redis.Error](err)
	if !ok {
		return false
	}
	word, _, _ := strings.Cut(e.Error(), " ")
	switch word {
	case "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "OOM", "BUSY", "NOGROUP", "UNBLOCKED":
		return true
	}
	return false
}
