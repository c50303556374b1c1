package ops

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"mercato/shared/platform"
	"mercato/shared/platform/fault"
)

// ReplayDead replays dead letters: invoked by a schedule, with nothing of ReplayRequest, those that are due, and it
// looks after their messages and forgets what is over for long; invoked by hand, those that the request picks.
var ReplayDead = platform.Task[*Keeper, ReplayRequest, Report]{
	Name: "dlq-replay", Schedule: "rate(1 minute)", Summary: "Replays dead letters that are due, and looks after their messages",
	Open: openKeeper, Do: (*Keeper).do,
}

// Keeper looks after dead letters and after the messages that carry them. The rows are the truth: a message
// shows the letter to whoever watches queues, and outlives a database that is restored.
type Keeper struct {
	*Service

	dead, parking       box
	keepEnded, keepDeed time.Duration
}

func openKeeper(e *platform.Env) *Keeper {
	dead, parking, c := e.Queue("orders-dlq"), e.Queue("orders-parking"), e.Config()
	return &Keeper{watch(e), box{dead, parking}, box{parking, nil}, ended(c), c.AuditKeep}
}

// Report says what was done.
type Report struct {
	DryRun   bool     `json:"dryRun"`
	Replayed int      `json:"replayed"` // letters
	Repeated int      `json:"repeated"` // of them, those whose last replay nobody had confirmed
	IDs      []string `json:"ids"`      // event ids of those that were replayed by hand
	Messages Messages `json:"messages"`
	Pruned   Pruned   `json:"pruned"`
}

func (k *Keeper) do(ctx context.Context, in ReplayRequest) (Report, error) {
	if in.null == "" && in.Max == 0 && in.IDs == nil && in.ErrorCode == "" && !in.DryRun {
		return k.Keep(ctx)
	}
	report := Report{DryRun: in.DryRun, IDs: []string{}}
	p, err := in.pick("dlq-replay")
	if err != nil {
		return report, err
	}
	r, err := k.Replay(ctx, p)
	report.Replayed, report.Repeated, report.IDs = len(r.Letters), r.Repeated, eventIDs(r.Letters)
	return report, err
}

const (
	// replayAtOnce is how many letters one transaction of the schedule replays.
	replayAtOnce = 200
	// keepFor bounds a look at everything: the next minute brings the next.
	keepFor = 20 * time.Second
)

// Keep replays what is due, sends the messages that are missing, tidies the queues up, and prunes what is over, for
// at most 20 s. Unavailable when one of these could not be done; the others are done all the same.
func (k *Keeper) Keep(ctx context.Context) (report Report, err error) {
	defer fault.Wrap(&err, "ops.Keep()")
	ctx, cancel := context.WithTimeout(ctx, keepFor)
	defer cancel()
	report.IDs = []string{}
	replayed := k.replayAllDue(ctx, &report)
	tidied := k.tidy(ctx, &report.Messages)
	return report, errors.Join(replayed, tidied, k.prune(ctx, &report.Pruned))
}

func (k *Keeper) replayAllDue(ctx context.Context, report *Report) error {
	for more := true; more; {
		r, err := k.ReplayDue(ctx, replayAtOnce)
		if err != nil {
			return err
		}
		report.Replayed += len(r.Letters)
		report.Repeated += r.Repeated
		more = len(r.Letters) == replayAtOnce || r.Left > 0
	}
	return nil
}

// tidy brings the messages to what the rows say. The parked ones come first, or those that are moved there would be
// looked at twice.
func (k *Keeper) tidy(ctx context.Context, done *Messages) error {
	missing := k.sendMissing(ctx, done)
	parked := k.sweep(ctx, k.parking, done)
	dead := k.sweep(ctx, k.dead, done)
	if *done != (Messages{}) {
		slog.InfoContext(ctx, "messages of dead letters tidied up", "messages", *done)
	}
	return errors.Join(missing, parked, dead)
}
