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

// ID returns the id of an event that a stream carries with these fields, whatever their event_id and replay_count: a
// UUID of 48 bits of its occurred_at, in milliseconds, so that what happens together lies together in an index, and
// of 74 bits of the SHA-256 of the stream, the names and the values.
func ID(stream string, fields map[string]string) string {
	content := part(make([]byte, 0, 512), stream) // an answer has 400 bytes
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "event_id" && name != "replay_count" {
			content = part(part(content, name), fields[name])
		}
	}
	sum := sha256.Sum256(content)
	id := uuid.UUID(sum[:16])
	at, _ := time.Parse(time.RFC3339Nano, fields["occurred_at"]) // whoever names no time has none
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(max(at.UnixMilli(), 0))) //nolint:gosec // not below 0
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | version<<4
	id[8] = id[8]&0x3f | 0x80 // RFC 9562's variant
	return id.String()
}

// part appends a text with its length, so that no two lists of texts give the same content.
func part(content []byte, s string) []byte {
	return append(binary.AppendUvarint(content, uint64(len(s))), s...)
}

// Broken says whether an entry bears the sealed id of another. Ids of other kinds are their writers' own affair.
func Broken(stream string, fields map[string]string) bool {
	id, err := uuid.Parse(fields["event_id"])
	return err == nil && id.Version() == version && id.String() != ID(stream, fields)
}
