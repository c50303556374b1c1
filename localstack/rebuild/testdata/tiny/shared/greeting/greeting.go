// Package greeting is what the test edits.
package greeting

import "embed"

//go:embed texts/*.sql
var texts embed.FS

// Text is a line of Go.
const Text = "hello"

// From is what the files say.
func From() (all string) {
	entries, _ := texts.ReadDir("texts")
	for _, entry := range entries {
		text, _ := texts.ReadFile("texts/" + entry.Name())
		all += string(text)
	}
	return all
}
