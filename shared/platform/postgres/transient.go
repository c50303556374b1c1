package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Transient says whether err is a failure of the connection or of the moment, so that the same work
// may succeed later: unreachable, shutting down, out of connections, timed out, deadlocked.
func Transient(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return transientCode(e.Code)
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	for _, target := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, context.DeadlineExceeded} {
		if errors.Is(err, target) {
			return true
		}
	}
	return err != nil && strings.Contains(err.Error(), "conn closed") // pgx does not export this one
}

// statementTimedOut is query_canceled: by statement_timeout, or by an operator.
const statementTimedOut = "57014"

// TimedOut says whether Postgres itself ended the statement, for it took longer than statement_timeout. It is Transient
// too: the statement or a slow server may be to blame, and the caller has to know which. A deadline of our own, after
// which Postgres says nothing any more, is not meant.
func TimedOut(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == statementTimedOut
}

// transientCode knows the SQLSTATEs of appendix A of the PostgreSQL manual that pass by themselves.
func transientCode(code string) bool {
	switch code {
	case "40001", "40P01", // serialization failure, deadlock
		"55P03", // lock not available
		statementTimedOut,
		"57P01", "57P02", "57P03", // shutting down, crashed, starting up
		"57P05", "25P03", // idle session, idle in transaction
		"25006": // read only: a failover is under way
		return true
	}
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") // connection, resources
}

// Broken says whether err is a failure of the database or of its schema, whatever was asked with: a right, a column or
// a table is missing, as when code runs ahead of its migration, or the server is damaged. It does not pass by itself.
func Broken(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || len(e.Code) != 5 {
		return false
	}
	switch e.Code[:2] {
	case "0A", "42", "58", "F0", "XX": // not supported, syntax or access, system, configuration, internal
		return true
	}
	return false
}

// IsUnique says whether err is a violation of the unique constraint named.
func IsUnique(err error, constraint string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "23505" && e.ConstraintName == constraint
}
