// Package seal gives events ids that nobody can give to another event: an id is made of everything that its event
// says. Whoever writes to a stream may repeat a sealed event, which changes nothing, but cannot make one that passes
// for it: that would be confirmed, counted or buried in its place.
package seal

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// version of a sealed UUID: 8, whose making is left to its maker (RFC 9562, section 5.8).
const version = 8

// ID returns the id of an event that a stream carries with these fields, whatever their replay_count and their event_id,
// when that is one: a UUID of the SHA-256 of the stream, the names and the values. Of an event that says when it
// occurred, the first 48 bits are that time, in milliseconds, so that what happens together lies together in an index;
// 74 bits of the hash remain.
func ID(stream string, fields map[string]string) string {
	content := part(make([]byte, 0, 512), stream) // an answer has 400 bytes
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "replay_count" && (name != "event_id" || fields[name] != "" && !IsID(fields[name])) {
			content = part(part(content, name), fields[name])
		}
	}
	id := uuid.NewHash(sha256.New(), uuid.Nil, content, version)
	if at, err := time.Parse(time.RFC3339Nano, fields["occurred_at"]); err == nil {
		var ms [8]byte
		binary.BigEndian.PutUint64(ms[:], uint64(max(at.UnixMilli(), 0))) //nolint:gosec // not below 0
		copy(id[:6], ms[2:])
	}
	return id.String()
}

// IsID says whether a text is the id of an event, sealed or not: a UUID of 36 characters, in either case.
func IsID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }

// part appends a text with its length, so that no two lists of texts give the same content.
func part(content []byte, s string) []byte {
	return append(binary.AppendUvarint(content, uint64(len(s))), s...)
}

// Broken says whether an entry bears the sealed id of another. Ids of other kinds are their writers' own affair.
func Broken(stream string, fields map[string]string) bool {
	id, _ := uuid.Parse(fields["event_id"]) // what is none has no version
	return id.Version() == version && IsID(fields["event_id"]) && id.String() != ID(stream, fields)
}
