package sqs

import (
	"crypto/md5" //nolint:gosec // the protocol's checksum, no secret
	"encoding/binary"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	maxAttributes = 10 // of a message
	traceHeader   = "AWSTraceHeader"
)

var attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]([A-Za-z0-9_.-]{0,254}[A-Za-z0-9_-])?$`)

// An attribute travels with a message, beside its body.
type attribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

func (a attribute) kind() string {
	kind, _, _ := strings.Cut(a.DataType, ".") // "Number.int" is a Number with a label
	return kind
}

func (a attribute) value() []byte {
	if a.kind() == "Binary" {
		return a.BinaryValue
	}
	return []byte(a.StringValue)
}

func (a attribute) check(name string) error {
	if !attributeName.MatchString(name) || strings.Contains(name, "..") {
		return invalid("Can only include alphanumeric characters, hyphens, underscores, or periods in a message attribute name: %q.", name)
	}
	switch a.kind() {
	case "String", "Binary":
	case "Number":
		if _, err := strconv.ParseFloat(a.StringValue, 64); err != nil {
			return invalid("Can't cast the value of message (user) attribute %q to a number.", name)
		}
	default:
		return invalid("The message attribute %q has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	}
	if len(a.value()) == 0 {
		return invalid("The message attribute %q must contain a non-empty value of type %q.", name, a.DataType)
	}
	if !legible(a.StringValue) {
		return refuse("InvalidMessageContents", "Invalid characters found in the message attribute %q.", name)
	}
	return nil
}

func checkAttributes(user, system map[string]attribute) error {
	if len(user) > maxAttributes {
		return invalid("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(user), maxAttributes)
	}
	for name, a := range user {
		if err := a.check(name); err != nil {
			return err
		}
	}
	for name, a := range system {
		if name != traceHeader || a.DataType != "String" || a.StringValue == "" {
			return invalid("Message system attribute name %q is invalid: %s, a String, is the only one.", name, traceHeader)
		}
	}
	return nil
}

// size is what attributes count for in the size of a message, in bytes.
func size(attributes map[string]attribute) int {
	n := 0
	for name, a := range attributes {
		n += len(name) + len(a.DataType) + len(a.value())
	}
	return n
}

// checksum answers the MD5 of attributes as SQS computes it; empty for none.
func checksum(attributes map[string]attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var text []byte
	part := func(b []byte) { text = append(binary.BigEndian.AppendUint32(text, uint32(len(b))), b...) }
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		part([]byte(name))
		part([]byte(a.DataType))
		transport := byte(1) // a string
		if a.kind() == "Binary" {
			transport = 2
		}
		text = append(text, transport)
		part(a.value())
	}
	return checksumOf(string(text))
}

func checksumOf(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // the protocol's checksum, no secret
	return hex.EncodeToString(sum[:])
}

// legible tells whether a text has only characters that XML allows: SQS takes no others.
func legible(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	})
}
