package stream

import (
	"context"
	"errors"

	"mercato/shared/platform/deadletter"
	"mercato/shared/platform/postgres"
)

// errDeadly is the failure of an entry that is applied alone and never comes back to say how it went.
var errDeadly = errors.New("whoever applied it died")

// alone applies an entry that may kill its consumer: with nobody beside it, and with the failure counted before, so
// that a crash counts too. When it is none, the count is taken back; every try counts anew.
func (c *Consumer) alone(ctx, bounded context.Context, r reader, e Entry) error {
	suspect, attempts := c.failure(e, deadletter.Failed, errDeadly), 0
	suspect.log(ctx, "entry was delivered very often: applying it alone")
	r = slowByItself(r)
	err := c.persist(ctx, bounded, r, []Entry{e}, func(ctx context.Context) error {
		if attempts > 0 { // the try before ended in an outage
			if err := c.letters.TakeBack(ctx, suspect.letter.EventID); err != nil {
				return err //nolint:wrapcheck // persist logs it with the group
			}
			attempts = 0
		}
		counted, err := c.count(ctx, []deadletter.Letter{suspect.letter})
		if attempts = counted[suspect.letter.EventID]; err != nil || attempts == 0 {
			return err
		}
		if attempts > c.config.MaxAttempts {
			c.condemn(ctx, suspect, attempts-1)
			return nil
		}
		return c.survive(ctx, r, e, attempts)
	})
	if err != nil && attempts > 0 {
		_ = c.letters.TakeBack(ctx, suspect.letter.EventID) // an outage; if it lasts, one failure is too many
	}
	return err
}

// slowByItself lets an entry fail whose transaction runs into the statement timeout, where that would be an outage. It
// is for an entry that is alone and whose failure has just been counted: Postgres is there, and not slow for others.
func slowByItself(r reader) reader {
	apply := r.apply
	r.apply = func(ctx context.Context, batch []Entry) error {
		err := apply(ctx, batch)
		if postgres.TimedOut(err) {
			return errors.New(err.Error()) // of no kind, so no outage
		}
		return err
	}
	return r
}

// survive applies an entry whose failure has been counted already.
func (c *Consumer) survive(ctx context.Context, r reader, e Entry, attempts int) error {
	var failed []failure
	err := c.apply(ctx, r, []Entry{e}, &failed)
	for _, f := range failed {
		if attempts >= c.config.MaxAttempts {
			c.condemn(ctx, f, attempts)
		}
	}
	return err
}
