// Command localstack is everything that stands in for AWS on one machine: it runs the built functions behind an HTTP API,
// with schedules, secrets, and a Postgres and a Redis of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const usage = `usage: localstack COMMAND

  dev                     run the whole system until Ctrl-C (PORT, MERCATO_HOME)
  sam                     the same, with the functions in containers under sam local start-api
  demo                    play an order and an out-of-stock order against the running stack (BASE_URL)
  dlq-ls                  list the dead letters of the running stack (STATE, ERROR_CODE)
  dlq-replay              replay dead letters of the running stack (MAX, IDS, ERROR_CODE, DRY_RUN=1)
  dlq-discard             give dead letters of the running stack up (IDS, REASON)
  aws                     run LocalStack with the template's queues, buckets and secrets until Ctrl-C (LOCALSTACK_PORT, MERCATO_HOME)
  with-aws -- CMD         run CMD with TEST_AWS_ENDPOINT_URL set to a throw-away LocalStack
  with-servers -- CMD     run CMD with TEST_DATABASE_URL and TEST_REDIS_URL set to throw-away servers
  reset                   remove the data and keys of the state directory (MERCATO_HOME)
  doctor                  say what this machine lacks, and the fix
`

// exitStatus ends the program with another program's status, and nothing to say.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:])
	stop()
	if status := exitStatus(0); errors.As(err, &status) {
		os.Exit(int(status))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "localstack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	if !strings.HasPrefix(command, "with-") && len(args) > 0 {
		command = ""
	}
	switch command {
	case "dev":
		return dev(ctx)
	case "sam":
		return samLocal(ctx)
	case "demo":
		return demo(ctx)
	case "dlq-ls":
		return listLetters(ctx)
	case "dlq-replay":
		return replayLetters(ctx)
	case "dlq-discard":
		return discardLetters(ctx)
	case "aws":
		return emulate(ctx)
	case "with-aws":
		return withAWS(ctx, args)
	case "with-servers":
		return withServers(ctx, args)
	case "reset":
		return reset()
	case "doctor":
		return doctor()
	}
	fmt.Fprint(os.Stderr, usage)
	return exitStatus(2) // what shells and go use for wrong usage
}
