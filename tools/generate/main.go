// Command generate writes the files that are derived from the endpoint values and the configuration:
// docs/openapi.json, docs/configuration.md, the route table of the fallback, and README's table.
package main

import (
	"fmt"
	"os"
)

func main() {
	for _, f := range []func() error{openAPI, configuration, routes, readme} {
		if err := f(); err != nil {
			fmt.Fprintln(os.Stderr, "generate:", err)
			os.Exit(1)
		}
	}
}

func write(path, content string) error {
	return os.WriteFile(path, []byte(content), 0o644) //nolint:gosec,wrapcheck // documents are for everybody; it names the path
}
