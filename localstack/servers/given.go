package servers

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// answerWithin is how long a server may take to answer its first question.
const answerWithin = 10 * time.Second

// checkGiven asks the servers that the environment names before anything depends on them.
func (s *Servers) checkGiven(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if s.databaseURL != "" {
		number, err := ask(ctx, s.databaseURL)
		if err != nil {
			return fmt.Errorf("the Postgres of DATABASE_URL does not answer, start it or unset DATABASE_URL: %w", err)
		}
		if major := number / 10000; major < postgresKind.oldest {
			return fmt.Errorf("the Postgres of DATABASE_URL is version %d: %d or newer is needed, or unset DATABASE_URL", major, postgresKind.oldest)
		}
	}
	if s.redisURL != "" {
		if err := ping(ctx, s.redisURL); err != nil {
			return fmt.Errorf("the Redis of REDIS_URL does not answer, start it or unset REDIS_URL: %w", err)
		}
	}
	return nil
}

// ask answers the server's version number, such as 150018.
func ask(ctx context.Context, url string) (int, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing was written
	var number string
	if err := conn.QueryRow(ctx, "SHOW server_version_num").Scan(&number); err != nil {
		return 0, err
	}
	return strconv.Atoi(number)
}

// ping fails while Redis still loads its data.
func ping(ctx context.Context, url string) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	options.MaxRetries = -1 // the caller asks again
	options.DialerRetries = 1
	options.DisableIdentity = true // one question, one answer
	options.ContextTimeoutEnabled = true
	client := redis.NewClient(options)
	defer client.Close() //nolint:errcheck // nothing was written
	return client.Ping(ctx).Err()
}
